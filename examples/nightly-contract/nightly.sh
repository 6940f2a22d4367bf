#!/bin/sh
# Check every night whether the tenant keeps to the contract. Address and credentials come from the environment.
#
#   nightly.sh RUN [EVIDENCE...]
#
# RUN is a run that may be read; nothing is changed. EVIDENCE are the evidence files of the day, which are judged offline.
set -u
run=$1
shift
status=0

zjr contract --run "$run" --max-time 1800 --deviations deviations.toml --report junit --report json \
  --output reports/tenant ${ONLY:+--only "$ONLY"} || status=$?

if [ $# -gt 0 ]; then
  zjr contract replay "$@" --deviations deviations.toml --report json --output reports/replay || status=$?
fi
exit "$status"
