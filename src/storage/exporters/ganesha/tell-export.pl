# Writes an export file and tells the running Ganesha about it, under one lock: file first, so that a restart of the
# daemon in between brings the new state. What the number served elsewhere until now goes before that. The file is its owner's alone:
# it may hold a key. Standard input is its content; what Ganesha says of it is written.
# Arguments: FILE BUS NUMBER PATH, and `fleeting` when the file is to be gone afterwards.
package TellExport;
use strict;

my ($folder) = __FILE__ =~ m{\A(.*)/};
require "$folder/bus.pl";
require "$folder/../../host/write-file.pl";

sub answer {
  my ($content, $file, $bus, $number, $path, $fleeting) = @_;
  my $served = served($bus, $number);
  Bus::call($bus, 'RemoveExport', 'q', $number) if defined $served && $served ne $path;
  WriteFile::write_file($file, $content, $fleeting);
  my $said = eval { Bus::call($bus, 'UpdateExport', 'ss', $file, "EXPORT(Export_Id=$number)") };
  my $why = $@;
  unlink $file if $fleeting;
  return defined $said ? (0, "$said\n", '') : (1, '', $why);
}

# The path that is served under the number; undef when none is.
sub served {
  my ($bus, $number) = @_;
  my $path = eval { Bus::call($bus, 'DisplayExport', 'q', $number) };
  die $@ if !defined $path && $@ !~ /Export id not found/;
  return $path;
}

return 1 if caller;
local $/;
my ($code, $out, $why) = answer(<STDIN> // '', @ARGV);
print STDOUT $out;
print STDERR $why;
exit $code;
