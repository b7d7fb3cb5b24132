# Runs a command only if nobody newer has been here. Started under the lock of `flock`, never by hand:
#   setpriv --pdeathsig KILL flock -x -F LOCK sh fenced.sh RECORD NUMBER PARENT command argument…
# RECORD holds the highest number seen; PARENT is the process that asked. Inputs are only ever whole arguments.
record=$1 number=$2 parent=$3
shift 3

# A parent that ended before pdeathsig was armed can't be the owner any more.
if [ "$PPID" != "$parent" ]; then
  echo "manila-fence: the process that asked for this has ended" >&2
  exit 113
fi

highest=0
if [ -s "$record" ]; then
  read -r highest <"$record"
fi
# Only a crash of the whole machine can tear the record, and that crash ended every older owner too.
case $highest in
'' | *[!0-9]*) highest=0 ;;
esac

if [ "$number" -lt "$highest" ]; then
  echo "manila-fence: owner $number is older than $highest" >&2
  exit 113
fi
if [ "$number" -gt "$highest" ]; then
  if ! { echo "$number" >"$record.new" && mv -f "$record.new" "$record"; }; then
    echo "manila-fence: can't record the owner in $record" >&2
    exit 113
  fi
fi
exec "$@"
