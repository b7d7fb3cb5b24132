# Writes an export file and tells the running Ganesha about it, under one lock: file first, so that a restart of the
# daemon in between brings the new state. The file is its owner's alone: it may hold a key. Arguments: FILE BUS SELECTOR; standard
# input is the new content.
set -eC
umask 077
rm -f -- "$1.new"
cat >"$1.new"
sync -d "$1.new"
mv -f -T -- "$1.new" "$1"
exec dbus-send "--bus=$2" --print-reply=literal --reply-timeout=30000 --dest=org.ganesha.nfsd \
  /org/ganesha/nfsd/ExportMgr org.ganesha.nfsd.exportmgr.UpdateExport "string:$1" "string:$3"
