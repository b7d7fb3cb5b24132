# Calls of the bus that NFS-Ganesha is on, without a program for each: see the D-Bus specification, "Message Protocol" and
# "Authentication Protocol". Only what those calls need: a call with texts and 16-bit numbers, of whose answer the first text is read.
package Bus;
use strict;

my ($AF_UNIX, $SOCK_STREAM) = (1, 1);
my ($CALL, $ANSWER, $ERROR) = (1, 2, 3);
# Fields of a header.
my ($PATH, $INTERFACE, $MEMBER, $ERROR_NAME, $ANSWER_TO, $DESTINATION, $SIGNATURE) = (1, 2, 3, 4, 5, 6, 8);
# Seconds that an answer may take.
my $patience = 30;
# No answer is longer: an export shows all its clients.
my $longest = 64 * 2**20;

my $ganesha = ['org.ganesha.nfsd', '/org/ganesha/nfsd/ExportMgr', 'org.ganesha.nfsd.exportmgr'];
my $itself = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'];

# Calls a method of Ganesha's exports at the bus `unix:path=SOCKET`; `$signature` says of each argument s or q. Answers the first text
# of what comes back; dies with "Error NAME: TEXT" when that is an error.
sub call {
  my ($bus, $method, $signature, @arguments) = @_;
  my ($path) = $bus =~ /\Aunix:path=(.{1,107})\z/s or die "no address of a bus: $bus\n";
  socket(my $socket, $AF_UNIX, $SOCK_STREAM, 0) or die "$path: $!\n";
  connect($socket, pack('S a108', $AF_UNIX, $path)) or die "$path: $!\n";
  my $end = time + $patience;
  # All in one: nothing of it depends on an answer.
  my $asked = "\0AUTH EXTERNAL " . unpack('H*', $>) . "\r\nBEGIN\r\n";
  $asked .= message($itself, 1, 'Hello', '') . message($ganesha, 2, $method, $signature, @arguments);
  while (length $asked) {
    my $sent = syswrite($socket, $asked) // die "$path: $!\n";
    substr($asked, 0, $sent, '');
  }
  my $said = '';
  receive($socket, \$said, $end) until $said =~ s/\A([^\n]*)\r\n//;
  die "$path: $1\n" if $1 !~ /\AOK /;
  while (1) {
    receive($socket, \$said, $end) while length $said < 16;
    my ($order, $type, undef, undef, $body, undef, $fields) = unpack('a C C C V V V', $said);
    die "$path: not a message\n" if $order ne 'l' || $body > $longest || $fields > $longest;
    my $head = 16 + padded($fields, 8);
    receive($socket, \$said, $end) while length $said < $head + $body;
    my %field = fields(substr($said, 16, $fields));
    my $text = first_text($field{$SIGNATURE} // '', substr($said, $head, $body));
    substr($said, 0, $head + $body, '');
    my $answered = $field{$ANSWER_TO} // 0;
    die "Error $field{$ERROR_NAME}: $text\n" if $type == $ERROR && ($answered == 1 || $answered == 2);
    return $text if $type == $ANSWER && $answered == 2;
  }
}

sub receive {
  my ($socket, $said, $end) = @_;
  my $left = $end - time;
  vec(my $read = '', fileno($socket), 1) = 1;
  die "no answer from the bus in $patience s\n" if $left <= 0 || !select($read, undef, undef, $left);
  sysread($socket, $$said, 65536, length $$said) or die "the bus closed the connection\n";
}

sub padded {
  my ($length, $to) = @_;
  return $length + (-$length) % $to;
}

sub message {
  my ($to, $serial, $member, $signature, @arguments) = @_;
  my ($destination, $path, $interface) = @$to;
  my $body = '';
  for my $kind (split //, $signature) {
    $body .= "\0" x (padded(length $body, $kind eq 's' ? 4 : 2) - length $body);
    $body .= $kind eq 's' ? pack('V/a x', shift @arguments) : pack('v', shift @arguments);
  }
  my $fields = '';
  for ([$PATH, 'o', $path], [$INTERFACE, 's', $interface], [$MEMBER, 's', $member], [$DESTINATION, 's', $destination]) {
    $fields .= "\0" x (padded(length $fields, 8) - length $fields);
    $fields .= pack('C C a x V/a x', $_->[0], 1, $_->[1], $_->[2]);
  }
  if ($signature ne '') {
    $fields .= "\0" x (padded(length $fields, 8) - length $fields);
    $fields .= pack('C C a x C/a x', $SIGNATURE, 1, 'g', $signature);
  }
  my $head = pack('a C C C V V V', 'l', $CALL, 0, 1, length $body, $serial, length $fields) . $fields;
  return $head . "\0" x (padded(length $head, 8) - length $head) . $body;
}

sub fields {
  my ($bytes) = @_;
  my %field;
  for (my $at = 0; $at < length $bytes; $at = padded($at, 8)) {
    my ($code, undef, $kind) = unpack('C C a', substr($bytes, $at, 3));
    $at += 4;
    if ($kind eq 'g') { $field{$code} = unpack('C/a', substr($bytes, $at)) }
    elsif ($kind eq 'u') { $field{$code} = unpack('V', substr($bytes, $at, 4)) }
    else { $field{$code} = unpack('V/a', substr($bytes, $at)) }
    $at += $kind eq 'u' ? 4 : length($field{$code}) + ($kind eq 'g' ? 2 : 5);
  }
  return %field;
}

my %size_of = (y => 1, n => 2, q => 2, b => 4, i => 4, u => 4, x => 8, t => 8, d => 8);

# The first text of a body; empty when it begins with something else than numbers and a text.
sub first_text {
  my ($signature, $body) = @_;
  my $at = 0;
  for my $kind (split //, $signature) {
    if ($kind eq 's') {
      my $start = padded($at, 4);
      return $start + 4 <= length $body ? unpack('V/a', substr($body, $start)) : '';
    }
    my $size = $size_of{$kind} // return '';
    $at = padded($at, $size) + $size;
  }
  return '';
}

1;
