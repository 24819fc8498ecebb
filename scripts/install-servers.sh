#!/usr/bin/env bash
# Installs the real servers, the two clients and the shells that integration tests talk to (Debian and Ubuntu). Quick when they are there already.
set -euo pipefail

packages=(rabbitmq-server redis-server postgresql chromium logrotate inetutils-telnet netcat-openbsd zsh fish)
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "Servers for the tests are installed: ${packages[*]}."
  exit 0
fi

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
# The tests start servers of their own; the packages' services must not start with the machine.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee /usr/sbin/policy-rc.d > /dev/null
  "${as_root[@]}" chmod +x /usr/sbin/policy-rc.d
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
fi
echo "Installing ${missing[*]}."
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
echo "Installed."
