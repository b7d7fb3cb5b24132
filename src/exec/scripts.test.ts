import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localExec } from './local.ts'
import type { RunOptions } from './exec.ts'

const linux = process.platform === 'linux'
const exec = localExec()
const options: RunOptions = { deadlineMs: 20_000, okCodes: [0, 1, 2, 7, 22, 255] }
let dir = ''
beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'manila-scripts-'))))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function script(name: string, text: string): string {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

/** `env` in front of it makes another Perl do it. */
const another = ['env']

describe.skipIf(!linux)('a Perl script', () => {
  test('does the same in a fork of the launcher as in another Perl', async () => {
    const path = script(
      'same.pl',
      `use strict;
use warnings;
my $first = shift // '';
my @held = 'a';
local $/;
my $input = <STDIN>;
sub hold { push @held, @_; $! = 22; die "no more\\n" if $first eq 'dies' }
hold($input, scalar @ARGV, $ENV{LANG});
print STDOUT "$first @held " . __FILE__ . ' ' . __LINE__ . "\\n";
print STDERR "it says\\n";
exit 7 if $first eq 'ends';
`,
    )
    for (const first of ['', 'ends', 'dies', 'a "b" $c']) {
      const argv = ['perl', path, first, 'second']
      const given = { ...options, input: 'in\nput' }
      expect(await exec.run(argv, given)).toEqual(await exec.run([...another, ...argv], given))
    }
    // Each run begins anew.
    expect((await exec.run(['perl', path, ''], options)).stdout).toMatch(/^ a {2}0 C /)
  })

  test('has nothing open of what others read and write, and its name in ps', async () => {
    const path = script(
      'open.pl',
      `opendir(my $all, '/proc/self/fd');
print join("\\n", sort grep { /pipe/ } map { readlink("/proc/self/fd/$_") // '' } readdir $all), "\\n";
open(my $name, '<', '/proc/self/cmdline');
print <$name>;
`,
    )
    const slow = exec.run(['sleep', '2'], options)
    const lines = async (by: readonly string[]) =>
      (await exec.run([...by, 'perl', path, 'argument'], options)).stdout.split('\n')
    const here = await lines([])
    const pipes = (all: readonly string[]) => all.filter((line) => line.startsWith('pipe:')).length
    // Its input, output and errors, and what the tests themselves were given.
    expect(pipes(here)).toBe(pipes(await lines(another)))
    expect(here.at(-1)).toContain(`perl ${path} argument`)
    await slow
  })

  test('that another Perl has to read is started by it', async () => {
    const text = 'open(my $n, "<", "/proc/self/comm"); print <$n>; print "$ARGV[0]\\n"'
    const asked = (path: string) => exec.run(['perl', path, 'x'], options)
    expect((await asked(script('module.pl', `use Cwd;\n${text}`))).stdout).toBe('perl\nx\n')
    expect((await asked(script('broken.pl', `${text}; }`))).stderr).toContain('Unmatched right curly')
    expect((await asked(join(dir, 'none.pl'))).stderr).toContain('No such file')
  })

  test('goes with its fence, and at its deadline with all that it started', async () => {
    const lockFile = join(dir, 'fence')
    const mark = join(dir, 'marks')
    mkdirSync(mark)
    const path = script(
      'slow.pl',
      `system('sh', '-c', 'echo $$ >"$1/pid"; sleep 5; echo >"$1/late"', '-', $ARGV[0])`,
    )
    const slow = exec.run(['perl', path, mark], {
      ...options,
      deadlineMs: 500,
      fence: { lockFile, number: 4 },
    })
    await expect(slow).rejects.toMatchObject({ kind: 'deadline' })
    const pid = Number(readFileSync(join(mark, 'pid'), 'utf8'))
    await expect.poll(() => isThere(pid)).toBe(false)
    expect(readdirSync(mark)).toEqual(['pid'])
    await expect(
      exec.run(['perl', path, mark], { ...options, fence: { lockFile, number: 3 } }),
    ).rejects.toMatchObject({ kind: 'fenced' })
  })
})

describe.skipIf(!linux)('a Perl script that answers', () => {
  const text = `package Answers;
use strict;
my $times = 0;
sub answer {
  my ($input, @arguments) = @_;
  die "told to\\n" if $arguments[0] eq 'die';
  open(my $name, '<', '/proc/self/comm');
  my $who = <$name>;
  return (7, "$input|@arguments|" . ++$times . "|$who", $arguments[0] eq 'say' ? "complains\\n" : '');
}
return 1 if caller;
local $/;
my ($code, $out, $why) = answer(<STDIN> // '', @ARGV);
print STDOUT $out;
print STDERR $why;
exit $code;
`

  test('is asked by a worker, which stays, and tells code, output and complaints', async () => {
    const path = script('answers.pl', text)
    const ask = (...argv: string[]) => exec.run(['perl', path, ...argv], { ...options, input: 'in' })
    const { code, stdout, stderr } = await ask('say', 'b c')
    expect([code, stderr]).toEqual([7, 'complains\n'])
    expect(stdout).toMatch(/^in\|say b c\|1\|perl .*\n$/)
    // One after the other they are asked of the same worker.
    expect((await ask('x')).stdout).toMatch(/^in\|x\|2\|/)
    expect(await ask('die')).toMatchObject({ code: 1, stdout: '', stderr: 'told to\n' })
    expect((await ask('x')).stdout).toMatch(/^in\|x\|3\|/)
  })

  test('is started as a program for more than a worker takes, with the same answer', async () => {
    const path = script('long.pl', text)
    const input = 'x'.repeat(70_000)
    const { code, stdout } = await exec.run(['perl', path, 'a'], { ...options, input })
    expect([code, stdout]).toEqual([7, `${input}|a|1|perl\n`])
  })

  test('is not asked for an owner that is not one any more', async () => {
    const path = script('fenced.pl', text)
    const ask = (number: number) =>
      exec.run(['perl', path, 'a'], { ...options, fence: { lockFile: join(dir, 'other'), number } })
    expect((await ask(2)).code).toBe(7)
    await expect(ask(1)).rejects.toMatchObject({ kind: 'fenced' })
  })
})

function isThere(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
