import type { Engines } from './engines.ts';

// A message as another system gets it, its properties included.
export interface Heard {
  exchange: string;
  routingKey: string;
  messageId: string;
  type: string;
  contentType: string;
  deliveryMode: number;
  appId: string;
  body: Record<string, unknown>;
}

const binary = (text: string) => `<<"${text}">>`;

// RabbitQueue is the durable queue of another system, bound to what it wants to hear. It is read
// inside of RabbitMQ, so no client library stands between the message and the test.
export class RabbitQueue {
  private constructor(
    readonly engines: Engines,
    readonly vhost: string,
    readonly name: string,
  ) {}

  // Hears what an exchange of the virtual host of `url` gets under these routing keys.
  static async bound(
    engines: Engines,
    url: string,
    bindings: [exchange: string, routingKey: string][],
    name = 'hears',
  ): Promise<RabbitQueue> {
    const queue = new RabbitQueue(engines, new URL(url).pathname.slice(1), name);
    await engines.rabbit(
      `begin rabbit_amqqueue:declare(${queue.#resource('queue', name)}, true, false, [], none, ` +
        `<<"app">>), declared end`,
    );
    for (const [exchange, key] of bindings) {
      await engines.rabbit(
        `rabbit_binding:add({binding, ${queue.#resource('exchange', exchange)}, ${binary(key)}, ` +
          `${queue.#resource('queue', name)}, []}, <<"app">>)`,
      );
    }
    return queue;
  }

  // Takes everything that is there, oldest first.
  async take(): Promise<Heard[]> {
    const answer = await this.engines.rabbit(
      `begin {ok, Q} = rabbit_amqqueue:lookup(${this.#resource('queue', this.name)}), ` +
        'Text = fun (undefined) -> <<>>; (B) -> B end, ' +
        'Read = fun (Content) -> ' +
        'P = element(3, rabbit_binary_parser:ensure_content_decoded(Content)), ' +
        '[Text(element(10, P)), Text(element(12, P)), Text(element(2, P)), ' +
        'integer_to_binary(element(5, P)), Text(element(14, P)), ' +
        'iolist_to_binary(lists:reverse(element(6, Content)))] end, ' +
        'Get = fun Get(States, All) -> ' +
        'case rabbit_amqqueue:basic_get(Q, true, self(), <<"test">>, States) of ' +
        '{ok, _, {_, _, _, _, M}, Next} -> ' +
        'Fields = [element(4, element(2, M)), hd(element(3, M)) | Read(element(4, M))], ' +
        'Get(Next, [lists:join(",", [base64:encode(F) || F <- Fields]) | All]); ' +
        '{empty, _} -> lists:reverse(All) end end, ' +
        'lists:flatten(lists:join(";", [binary_to_list(iolist_to_binary(L)) ' +
        '|| L <- Get(rabbit_queue_type:init(), [])])) end',
    );
    const lines = answer.replace(/\s|"/g, '').replace(/^\[\]$/, '');
    return lines === '' ? [] : lines.split(';').map(heard);
  }

  #resource(kind: 'queue' | 'exchange', name: string): string {
    return `rabbit_misc:r(${binary(this.vhost)}, ${kind}, ${binary(name)})`;
  }
}

function heard(line: string): Heard {
  const fields = line.split(',').map((field) => Buffer.from(field, 'base64').toString());
  const [exchange, routingKey, messageId, type, contentType, deliveryMode, appId, body] = fields;
  return {
    exchange: exchange ?? '',
    routingKey: routingKey ?? '',
    messageId: messageId ?? '',
    type: type ?? '',
    contentType: contentType ?? '',
    deliveryMode: Number(deliveryMode),
    appId: appId ?? '',
    body: JSON.parse(body ?? ''),
  };
}
