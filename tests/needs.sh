#!/usr/bin/env bash
# Brings what the tests need besides Python: Chromium, PostgreSQL and a Redis-protocol server. Says what it does.
set -u
missing=()
have() { command -v "$1" >/dev/null 2>&1; }
have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || have initdb || missing+=(postgresql)
have redis-server || have valkey-server || missing+=(redis-server)
if [ ${#missing[@]} -gt 0 ]; then
  root=(); [ "$(id -u)" = 0 ] || root=(sudo -n)
  if have apt-get && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    echo "tests need: ${missing[*]}; installing with apt-get"
    "${root[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
      || { echo "could not install ${missing[*]}"; exit 1; }
  else
    echo "tests need ${missing[*]}; install with: apt install ${missing[*]}"; exit 1
  fi
fi
# PostgreSQL does not run as root: the tests then start theirs under its own user
if [ "$(id -u)" = 0 ] && ! id postgres >/dev/null 2>&1; then
  echo "creating the system user postgres for the tests' own server"
  useradd --system --no-create-home --shell /usr/sbin/nologin postgres
fi
