#!/bin/sh
# Fetches what the pages take from npm. Without it everything goes on: one line says what the pages then lack.
cd "$(dirname "$0")" || exit 1

lacking() {
  echo "assets: $1: the pages keep to the system's typefaces, and /sparql shows its plain form."
  exit 0
}

command -v npm >/dev/null && command -v node >/dev/null || lacking "npm and Node 20 or newer are not here"
npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-timeout=30000 \
  >/dev/null 2>&1 || lacking "npm's registry does not answer"
node copy.mjs || lacking "the packages could not be copied"
