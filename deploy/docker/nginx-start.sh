#!/bin/sh
# Puts the names of compose.scale.yml into deploy/nginx/parley.conf, and starts nginx with it.
# RENDER names another file to write, and stops there: tools/check_deploy.py tries it so.
set -eu
sed -e 's|server 10\.0\.0\.1\([123]\):8080 |server node-\1:8080 |' \
  -e 's|server_name chat\.example\.org;|server_name _;|' \
  -e 's|https://\$host\$request_uri|https://$host:8443$request_uri|' \
  -e 's|/etc/ssl/chat\.|/etc/parley/tls/chat.|' \
  -e 's|/var/log/nginx/parley\.log|/dev/stdout|' \
  "${SOURCE:-/etc/parley/parley.conf}" >"${RENDER:-/tmp/parley.conf}"
[ -z "${RENDER:-}" ] || exit 0
exec nginx -c /etc/parley/nginx.conf -g 'daemon off;'
