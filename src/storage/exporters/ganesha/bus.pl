# Calls of the bus that NFS-Ganesha is on, without a program for each, on connections that are kept: see the D-Bus specification,
# "Message Protocol" and "Authentication Protocol". Only what those calls need: a call with texts and 16-bit numbers, of whose answer
# the first text is read.
package Bus;
use strict;

my ($AF_UNIX, $SOCK_STREAM) = (1, 1);
my ($CALL, $ANSWER, $ERROR) = (1, 2, 3);
# Fields of a header.
my ($PATH, $INTERFACE, $MEMBER, $ERROR_NAME, $ANSWER_TO, $DESTINATION, $SIGNATURE) = (1, 2, 3, 4, 5, 6, 8);
# Seconds that an answer may take.
my $patience = 30;
my $too_late = "no answer from the bus in $patience s\n";
# No answer is longer: an export shows all its clients.
my $longest = 64 * 2**20;

my $ganesha = ['org.ganesha.nfsd', '/org/ganesha/nfsd/ExportMgr', 'org.ganesha.nfsd.exportmgr'];
my $itself = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'];

# Connections that are kept, by the path of their bus: { socket, said, serial }. Each server has a bus of its own, and a worker of
# the launcher lasts: so many at most, of which one goes for another.
my %open;
my $most_open = 16;
# A bus is there without Ganesha, or has ended and left its socket to another one: said by the bus in Ganesha's place.
my $nobody_there = qr/\AError org\.freedesktop\.DBus\.Error\.(?:ServiceUnknown|NameHasNoOwner|NoReply|Disconnected):/;

# Calls a method of Ganesha's exports at the bus `unix:path=SOCKET`; `$signature` says of each argument s or q. Answers the first text
# of what comes back; dies with "Error NAME: TEXT" when that is an error. When the other end of a connection that was kept has gone,
# it is asked once more on a new one, perhaps for the second time: each of the calls can be repeated.
sub call {
  my ($bus, @call) = @_;
  my ($path) = $bus =~ /\Aunix:path=(.{1,107})\z/s or die "no address of a bus: $bus\n";
  my $was_kept = defined $open{$path};
  my $answer = eval { ask($path, @call) };
  return $answer if defined $answer;
  my $why = $@;
  # What Ganesha itself answered leaves the connection as it is.
  die $why if $why =~ /\AError / && $why !~ $nobody_there;
  delete $open{$path};
  # One that doesn't answer hangs, whoever asks.
  die $why if !$was_kept || $why eq $too_late;
  return ask($path, @call);
}

sub ask {
  my ($path, $method, $signature, @arguments) = @_;
  my $end = time + $patience;
  # All in one: nothing of it depends on an answer.
  my ($one, $asked) = defined $open{$path} ? ($open{$path}, '') : connected($path);
  my $serial = ++$one->{serial};
  $asked .= message($ganesha, $serial, $method, $signature, @arguments);
  local $SIG{PIPE} = 'IGNORE';
  while (length $asked) {
    my $sent = syswrite($one->{socket}, $asked) // die "$path: $!\n";
    substr($asked, 0, $sent, '');
  }
  if (!$one->{is_known}) {
    receive($one, $end) until $one->{said} =~ s/\A([^\n]*)\r\n//;
    die "$path: $1\n" if $1 !~ /\AOK /;
    $one->{is_known} = 1;
  }
  while (1) {
    my ($type, $field, $text) = next_message($path, $one, $end);
    my $answered = $field->{$ANSWER_TO} // 0;
    # The first is "Hello".
    die "$path: $field->{$ERROR_NAME}: $text\n" if $type == $ERROR && $answered == 1;
    next if $answered != $serial;
    $open{$path} = $one;
    die "Error $field->{$ERROR_NAME}: $text\n" if $type == $ERROR;
    return $text if $type == $ANSWER;
  }
}

# A new connection, and what has to be said on it first.
sub connected {
  my ($path) = @_;
  # One for which another has to go, whichever: who asks for more buses than these in turn connects each time.
  delete $open{ (keys %open)[0] } if keys %open >= $most_open;
  socket(my $socket, $AF_UNIX, $SOCK_STREAM, 0) or die "$path: $!\n";
  connect($socket, pack('S a108', $AF_UNIX, $path)) or die "$path: $!\n";
  my $greeting = "\0AUTH EXTERNAL " . unpack('H*', $>) . "\r\nBEGIN\r\n" . message($itself, 1, 'Hello', '');
  return ({ socket => $socket, said => '', serial => 1, is_known => 0 }, $greeting);
}

# Its type, its fields and the first text in it.
sub next_message {
  my ($path, $one, $end) = @_;
  receive($one, $end) while length $one->{said} < 16;
  my ($order, $type, undef, undef, $body, undef, $fields) = unpack('a C C C V V V', $one->{said});
  die "$path: not a message\n" if $order ne 'l' || $body > $longest || $fields > $longest;
  my $head = 16 + padded($fields, 8);
  receive($one, $end) while length $one->{said} < $head + $body;
  my %field = fields(substr($one->{said}, 16, $fields));
  my $text = first_text($field{$SIGNATURE} // '', substr($one->{said}, $head, $body));
  substr($one->{said}, 0, $head + $body, '');
  return ($type, \%field, $text);
}

sub receive {
  my ($one, $end) = @_;
  my $left = $end - time;
  vec(my $read = '', fileno($one->{socket}), 1) = 1;
  die $too_late if $left <= 0 || !select($read, undef, undef, $left);
  sysread($one->{socket}, $one->{said}, 65536, length $one->{said}) or die "the bus closed the connection\n";
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
