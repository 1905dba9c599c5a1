"""A storm of sign-ins: many clients that do nothing but sign in, each with the right password."""

import http.client
import json
import threading
import time

PASSWORD = "Parley-1234"  # of every account that `parley seed` makes


class Storm:
    """Use it in a `with` statement; afterwards `per_second` says how many got in."""

    def __init__(self, target, clients, users):
        self._target = target
        self._users = users
        self._stop = threading.Event()
        self._done = [0] * clients
        self.failures = []
        self._threads = [threading.Thread(target=self._sign_in, args=(i,)) for i in range(clients)]

    def _sign_in(self, client):
        connection = http.client.HTTPConnection(self._target, timeout=60)
        turn = client
        while not self._stop.is_set():
            body = json.dumps({"username": f"user{turn % self._users}", "password": PASSWORD})
            turn += len(self._threads)
            try:
                connection.request("POST", "/api/v1/auth/login", body,
                                   {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
            except OSError as failure:
                self.failures.append(str(failure))
                return
            if answer.status == 200:
                self._done[client] += 1
            elif answer.status != 503:  # the queue of sign-ins is bounded: that is an answer
                self.failures.append(answer.status)
                return

    def __enter__(self):
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        took = time.monotonic() - self._started
        self.per_second = sum(self._done) / took
        self._stop.set()
        for thread in self._threads:
            thread.join()
