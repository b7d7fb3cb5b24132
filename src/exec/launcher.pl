# Starts commands for the service, which is too big to do it often: a fork copies the page tables of the whole process, and
# nothing else of the service runs meanwhile. Started by launcher.ts, one for each process of the service:
#   setpriv --pdeathsig KILL -- perl launcher.pl PRCTL TITLE
# PRCTL is the number of that system call here; 0: unknown; empty: there is none. TITLE is for `ps`, and room for the names of
# workers: forks of this process that stay, and do what builtins.pl can do. Perl scripts are carried out by a fork, too.
# Standard input: "run ID FIELDS INPUT\n" and that many bytes of each; fields are separated by NUL: lock file (empty: no
# fence), fence number, how many KEY=VALUE follow, those, the program's path and its arguments. "kill ID\n" ends the
# group of a command, "leave ID\n" lets go of its pipes. Standard output: "out ID BYTES\n" or "err ID BYTES\n" with that many
# bytes, "exit ID CODE\n" after all that the command itself wrote, and "closed ID\n" after the last byte.
use strict;

require(($0 =~ s{[^/]*\z}{}r || './') . 'builtins.pl');

# No modules: a fork copies what this process has written to, and each brings more of that than all the rest here. What they
# would name has had these numbers since Unix; O_NONBLOCK alone is another on Linux.
my ($LOCK_EX, $WNOHANG, $F_SETFD, $F_GETFL, $F_SETFL) = (2, 1, 2, 3, 4);
my ($EINTR, $EPIPE) = (4, 32);
my $O_NONBLOCK = $^O eq 'linux' ? 2048 : 4;

# The kernel kills a command with this process: prctl(PR_SET_PDEATHSIG = 1, SIGKILL = 9).
my $prctl = shift // '';
my $launcher = $$;
my %command;    # by id: { pid, pipes: { out, err }, in, input }, { pid, worker } or { request }
my %id_of;      # by pid
my @workers;    # that have nothing to do: { pid, ask, answer, said }
my @waiting;    # ids of builtins that no worker does yet
my %script;     # by path: what it does, 0 when another Perl has to do it
# One more is made only when these get nowhere: none is done in so many seconds of silence, or turns beside other work.
my $enough_workers = 3;
my ($patience_seconds, $patience_turns) = (0.02, 10);
my $turns = 0;
# What fits into an empty pipe is written without waiting.
my $longest_request = 60_000;
my $asked = '';
my $env = '';

# A command's own input and output are made here before the fork, because what a child does is what a fork has to copy: these
# are what the launcher itself has there.
open(my $from, '<&', 0) && open(my $to, '>&', 1) && open(my $complaints, '>&', 2) or die "manila-launcher: $!\n";

# For this process alone (launcher.ts).
delete $ENV{LD_BIND_NOW};

# Ends a wait for something to read.
$SIG{CHLD} = sub { };
$SIG{PIPE} = 'IGNORE';

while (1) {
  my ($read, $write, $closing) = ('', '', 0);
  vec($read, fileno($from), 1) = 1;
  for my $one (values %command) {
    vec($read, fileno($_), 1) = 1 for values %{ $one->{pipes} };
    vec($write, fileno($one->{in}), 1) = 1 if $one->{in};
    if ($one->{worker}) { vec($read, fileno($one->{worker}{answer}), 1) = 1 }
    else { $closing ||= !%{ $one->{pipes} } && defined $one->{pid} && !$one->{left} }
  }
  # Perl lets a signal wait for its next step, and one that comes just before the system call waits as long as that. So no
  # wait is long while there are children, and those that said their last word are about to end.
  my $patience = @waiting ? $patience_seconds : !%id_of ? undef : $closing ? 0.05 : 1;
  my $ready = select($read, $write, undef, $patience);
  ($read, $write) = ('', '') if $ready < 0;    # EINTR
  for my $id (keys %command) {
    my $one = $command{$id};
    feed($one) if $one->{in} && vec($write, fileno($one->{in}), 1);
    for my $name (keys %{ $one->{pipes} }) {
      drain($id, $name) if vec($read, fileno($one->{pipes}{$name}), 1);
    }
    pass_on($id, $one->{worker}) if $one->{worker} && vec($read, fileno($one->{worker}{answer}), 1);
  }
  reap();
  hand_out($ready == 0 || ++$turns > $patience_turns) if @waiting;
  for my $id (keys %command) {
    my $one = $command{$id};
    next if defined $one->{request} || %{ $one->{pipes} } || defined $one->{pid};
    say_("closed $id\n");
    delete $command{$id};
  }
  if (vec($read, fileno($from), 1)) {
    # The end of the service: its commands end with it.
    sysread($from, $asked, 65536, length $asked) or last;
    1 while obey();
  }
}
kill 'KILL', map({ -$_ } keys %id_of), map { $_->{pid} } @workers;

# Takes one whole request from what was read; false when there is none.
sub obey {
  $asked =~ /\A(\w+) (\d+)(?: (\d+) (\d+))?\n/ or return 0;
  my ($verb, $id, $fields, $input, $head) = ($1, $2, $3 // 0, $4 // 0, $+[0]);
  return 0 if length $asked < $head + $fields + $input;
  my @fields = split /\0/, substr($asked, $head, $fields), -1;
  my $bytes = substr($asked, $head + $fields, $input);
  substr($asked, 0, $head + $fields + $input, '');
  if ($verb eq 'run') { run($id, $bytes, @fields) }
  elsif ($verb eq 'kill') { end_of($id) }
  elsif ($verb eq 'leave') { leave($id) }
  return 1;
}

sub run {
  my ($id, $input, $lock, $number, $count, @argv) = @_;
  splice @argv, 0, $count;
  builtin(@argv) && ask_worker([@_], $id, $input, $lock, $number, @argv) or start(@_);
}

# Starts a program.
sub start {
  my ($id, $input, $lock, $number, $count, @argv) = @_;
  my @env = splice @argv, 0, $count;
  pipe(my $in_read, my $in) && pipe(my $out, my $out_write) && pipe(my $err, my $err_write) && pipe(my $begun, my $waits)
    or return refused($id, "pipe: $!");
  nonblocking($_) for $in, $out, $err;
  my $wanted = join "\0", @env;
  if ($wanted ne $env) {
    # The same for nearly all.
    %ENV = map { split /=/, $_, 2 } @env;
    $env = $wanted;
  }
  my $script = script(@argv);
  unshift @argv, '/usr/bin/setpriv', '--pdeathsig', 'KILL', '--' if $prctl eq '0';
  open(STDIN, '<&', $in_read) && open(STDOUT, '>&', $out_write) && open(STDERR, '>&', $err_write)
    or return refused($id, "dup: $!");
  my $pid = fork;
  if (defined $pid && $pid == 0) {
    # No program takes over, which would close what is not its own.
    if ($script) { close $_ for $in, $out, $err, $in_read, $out_write, $err_write, $begun, $waits }
    become($lock, $number, $script, @argv);
  }
  my $why = $!;
  open(STDIN, '<&', $from) && open(STDOUT, '>&', $to) && open(STDERR, '>&', $complaints) or exit 127;
  return refused($id, "fork: $why") if !defined $pid;
  $command{$id} = { pid => $pid, pipes => { out => $out, err => $err }, in => $in, input => $input };
  $id_of{$pid} = $id;
  # Whatever this process writes to before the program has taken over is copied: better to do nothing for a moment. It has
  # the other end until then; it may also wait for a lock, which is not waited for here.
  close $waits;
  vec(my $read = '', fileno($begun), 1) = 1;
  select($read, undef, undef, 0.01);
  feed($command{$id});
}

sub refused {
  my ($id, $why) = @_;
  my $line = "manila-launcher: $why\n";
  say_("err $id " . length($line) . "\n$line" . "exit $id 127\nclosed $id\n");
}

# In the child: takes the fence's lock, which the program keeps, and becomes the program. Never comes back.
sub become {
  my ($lock, $number, $script, @argv) = @_;
  be_mortal();
  if ($lock ne '') {
    our $kept = eval { fence($lock, $number) } or fail(113, $@);
    # The lock lasts as long as the program: its descriptor stays open in it.
    fcntl($kept, $F_SETFD, 0) or fail(113, "manila-fence: $!\n");
  }
  carry_out($script, @argv) if $script;
  exec { $argv[0] } @argv or
  fail(127, "$argv[0]: $!\n");
}

# What a Perl script of ours says, made ready once: to start another Perl, and to have it read a thousand lines, costs ten times
# what most of them do. Nothing when it is no script, or one that needs modules, which would make each fork dearer.
sub script {
  my ($program, $path) = @_;
  return if $prctl eq '0' || $program !~ m{\A/(?:usr/)?bin/perl\z} || $path !~ m{\A/[^\n"]*\.pl\z};
  return $script{$path} //= made_ready($path);
}

sub made_ready {
  my ($path) = @_;
  # One that is made for workers has another end; what comes here is too long for them.
  return 0 if answers($path);
  open(my $file, '<', $path) or return 0;
  my $text = do { local $/; <$file> };
  return 0 if $text =~ /^\s*use\s+(?!strict\b|warnings\b)/m;
  my $package = 'Script' . keys %script;
  # What stands at the top becomes a sub, which is called once in each fork: so what the others share with it is the same for all.
  # Perl warns that it would not be the second time.
  local $SIG{__WARN__} = sub { };
  return eval qq{package $package;\nsub main {\n#line 1 "$path"\n$text\n}\n\\&main} || 0;
}

# In the child: does what the script says, in place of another Perl. Never comes back.
sub carry_out {
  my ($script, undef, $path, @arguments) = @_;
  # What others read or write must not stay open in here: they would wait for its end.
  (%command, @workers) = ();
  close $_ for $from, $to, $complaints;
  # As `ps` would show it.
  $0 = join ' ', 'perl', $path, @arguments;
  @ARGV = @arguments;
  # At the top of a script `shift` takes from these.
  local *_ = \@ARGV;
  &$script;
  exit 0;
}

# In a child: ends with this process.
sub be_mortal {
  $SIG{$_} = 'DEFAULT' for qw(CHLD PIPE);
  # This process leads a session of its own, without a terminal: a group is enough.
  setpgrp(0, 0);
  syscall($prctl, 1, 9, 0, 0, 0) if $prctl;
  # A launcher that ended before that was armed can't be there any more.
  fail(113, "manila-fence: the process that asked for this has ended\n") if getppid() != $launcher;
}

# Answers the lock, which is held until it is closed. Dies when a newer owner has been.
sub fence {
  my ($lock, $number) = @_;
  my ($held, $file);
  open($held, '>>', $lock) && flock($held, $LOCK_EX) or die "manila-fence: can't lock $lock: $!\n";
  my $record = "$lock.number";
  my $highest = 0;
  if (open($file, '<', $record)) {
    # Only a crash of the whole machine can tear the record, and that crash ended every older owner too.
    $highest = $1 if (<$file> // '') =~ /\A(\d+)\n?\z/;
  }
  die "manila-fence: owner $number is older than $highest\n" if $number < $highest;
  if ($number > $highest) {
    (open($file, '>', "$record.new") && print({$file} "$number\n") && close($file) && rename("$record.new", $record))
      or die "manila-fence: can't record the owner in $record: $!\n";
  }
  return $held;
}

sub fail {
  my ($code, $why) = @_;
  syswrite STDERR, $why;
  exit $code;
}

# Kills a command and its group; just forked, it leads none yet.
sub end_of {
  my ($id) = @_;
  my $one = $command{$id} // return;
  kill 'KILL', -$one->{pid}, $one->{pid} if defined $one->{pid};
  return if !defined $one->{request};
  @waiting = grep { $_ != $id } @waiting;
  delete $command{$id};
  say_("exit $id 137\nclosed $id\n");
}

# Nobody listens any more.
sub leave {
  my $one = $command{ $_[0] } // return;
  # It hangs, perhaps for ever; if it is a worker, it is not asked again.
  @$one{qw(pipes left)} = ({}, 1);
  delete $one->{worker};
}

# Lets a worker do a builtin; false when the program itself has to do it.
sub ask_worker {
  my ($otherwise, $id, $input, @rest) = @_;
  my $request = join "\0", $input, @rest;
  return 0 if length $request > $longest_request || index($input, "\0") >= 0;
  $command{$id} = { pipes => {}, request => $request, otherwise => $otherwise };
  push @waiting, $id;
  hand_out();
  return 1;
}

# To workers that have nothing to do, and to some more.
sub hand_out {
  my ($more) = @_;
  $more ||= @workers + (grep { $_->{worker} } values %command) < $enough_workers;
  while (@waiting) {
    my $worker = pop @workers // ($more ? new_worker() : undef) // last;
    my $id = shift @waiting;
    my $request = delete $command{$id}{request};
    # One that died meanwhile is reaped, and says so.
    syswrite $worker->{ask}, length($request) . "\n$request";
    $worker->{said} = '';
    @{ $command{$id} }{qw(pid worker)} = ($worker->{pid}, $worker);
    $id_of{ $worker->{pid} } = $id;
    ($more, $turns) = (0, 0);
  }
}

sub new_worker {
  pipe(my $asked, my $ask) && pipe(my $answer, my $answers) or return;
  my $pid = fork;
  if (defined $pid && $pid == 0) {
    # What others read or write must not stay open in here: they would wait for its end.
    (%command, @workers) = ();
    close $_ for $ask, $answer, $from, $to;
    open(STDIN, '<', '/dev/null') && open(STDOUT, '>', '/dev/null') or exit 127;
    work($asked, $answers);
  }
  return if !defined $pid;
  nonblocking($answer);
  return { pid => $pid, ask => $ask, answer => $answer };
}

# In a worker: does what it is asked, until nobody can ask any more. Never comes back.
sub work {
  my ($asked, $answers) = @_;
  be_mortal();
  while (defined(my $size = <$asked>)) {
    read($asked, my $request, $size) == $size or last;
    my ($input, $lock, $number, @argv) = split /\0/, $request, -1;
    # What `ps` shows of it: an operator who looks for what hangs finds it, as with a program.
    $0 = "@argv" =~ s{\A/\S*/}{}r;
    my $said = '';
    my $tell = sub {
      my ($what, $bytes) = @_;
      $said .= "$what " . length($bytes) . "\n$bytes";
      write_all($answers, $said) if length $said > 65536;
    };
    my $held = $lock eq '' || eval { fence($lock, $number) };
    # One that this Perl can't do, for want of a module, the program does.
    my $code = $held ? eval { run_builtin($tell, $input, @argv) } : 113;
    $tell->('err', $@) if !$held;
    undef $held;
    $said .= defined $code ? "exit $code\n" : "otherwise 0\n";
    $0 = 'manila: does small commands';
    write_all($answers, $said);
  }
  exit 0;
}

# Tells what a worker has answered so far; one that is ready may be asked again.
sub pass_on {
  my ($id, $worker) = @_;
  # At its end it is reaped.
  sysread($worker->{answer}, $worker->{said}, 65536, length $worker->{said}) or return;
  while ($worker->{said} =~ /\A(out|err|exit|otherwise) (\d+)\n/) {
    my ($what, $size, $head) = ($1, $2, $+[0]);
    if ($what eq 'exit' || $what eq 'otherwise') {
      say_("exit $id $size\nclosed $id\n") if $what eq 'exit';
      my $one = delete $command{$id};
      delete $id_of{ $worker->{pid} };
      push @workers, $worker if @workers < $enough_workers;
      start(@{ $one->{otherwise} }) if $what eq 'otherwise';
      return;
    }
    last if length $worker->{said} < $head + $size;
    say_("$what $id $size\n" . substr($worker->{said}, $head, $size));
    substr($worker->{said}, 0, $head + $size, '');
  }
}

# Gives the child what its input pipe takes now.
sub feed {
  my ($one) = @_;
  if (length $one->{input}) {
    my $given = syswrite $one->{in}, $one->{input};
    # The pipe is full.
    return if !defined $given && $! != $EPIPE;
    # A child may end without reading its input.
    substr($one->{input}, 0, $given // length $one->{input}, '');
    return if length $one->{input};
  }
  delete $one->{in};
}

# As much as a pipe holds.
sub drain {
  my ($id, $name) = @_;
  my $size = sysread $command{$id}{pipes}{$name}, my $bytes, 65536;
  return if !defined $size;    # nothing there now
  return say_("$name $id $size\n$bytes") if $size;
  delete $command{$id}{pipes}{$name};
}

sub reap {
  while ((my $pid = waitpid(-1, $WNOHANG)) > 0) {
    @workers = grep { $_->{pid} != $pid } @workers;
    my $id = delete $id_of{$pid} // next;
    delete $command{$id}{worker};
    my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    $command{$id}{pid} = undef;
    # Whatever it left in its group would outlive the fence, and would hold the pipes open.
    kill 'KILL', -$pid;
    # Whoever hears that it ended waits for its last words only so long.
    drain($id, $_) for keys %{ $command{$id}{pipes} };
    say_("exit $id $code\n");
  }
}

sub say_ { write_all($to, my $bytes = shift) }

# Writes what is in a variable, and empties it.
sub write_all {
  my $handle = shift;
  while (length $_[0]) {
    my $written = syswrite $handle, $_[0];
    next if !defined $written && $! == $EINTR;
    exit 0 if !defined $written;
    substr($_[0], 0, $written, '');
  }
}

sub nonblocking {
  my ($handle) = @_;
  fcntl($handle, $F_SETFL, fcntl($handle, $F_GETFL, 0) | $O_NONBLOCK) or die "manila-launcher: $!\n";
}
