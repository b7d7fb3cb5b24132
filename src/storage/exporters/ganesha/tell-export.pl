# Writes an export file and tells the running Ganesha about it, under one lock: file first, so that a restart of the
# daemon in between brings the new state. What the number served elsewhere until now goes before that. The file is its owner's alone:
# it may hold a key. Standard input is its content; what Ganesha says of it is written.
# Arguments: FILE BUS NUMBER PATH, and `fleeting` when the file is to be gone afterwards.
package TellExport;
use strict;

my ($folder) = __FILE__ =~ m{\A(.*)/};
require "$folder/bus.pl";
require "$folder/../../host/write-file.pl";

# What Ganesha says of a number that it serves nothing under.
my $unknown = qr/Export id not found/;

sub answer {
  my ($content, $file, $bus, $number, $path, $fleeting) = @_;
  my $served = served($bus, $number);
  if (defined $served && $served ne $path) {
    # Somebody else may have taken it away meanwhile.
    eval { Bus::call($bus, 'RemoveExport', 'q', $number); 1 } or $@ =~ /$unknown/ or die $@;
  }
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
  die $@ if !defined $path && $@ !~ /$unknown/;
  return $path;
}

return 1 if caller;
local $/;
my ($code, $out, $why) = answer(<STDIN> // '', @ARGV);
print STDOUT $out;
print STDERR $why;
exit $code;
