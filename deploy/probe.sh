#!/bin/bash
# Asks this container's own process whether it lives; needs no HTTP client in the image.
#
# The process listens at PRESSROOM_PROBE_LISTEN (`work`, `upkeep`), if that is set, or at PRESSROOM_LISTEN.
set -euo pipefail

address=${PRESSROOM_PROBE_LISTEN:-${PRESSROOM_LISTEN:-127.0.0.1:8080}}
exec 3<>"/dev/tcp/127.0.0.1/${address##*:}"
printf 'GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
