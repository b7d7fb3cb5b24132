# Takes an export number for good: NUMBERFILE is made only if it isn't there. Arguments: NUMBERFILE ID. Code 3: taken.
if (set -C && echo "$2" >"$1") 2>/dev/null; then
  exit 0
fi
read -r owner <"$1" && [ "$owner" = "$2" ] && exit 0
exit 3
