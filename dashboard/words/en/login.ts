export const login = {
  title: 'Sign in',
  name: 'User name',
  password: 'Password',
  domain: 'Domain',
  submit: 'Sign in',
  wrong: 'User name or password is wrong.',
  unreachable: 'Nobody can tell whether this is right just now. Try again in a moment.',
  service: 'Shared file systems',
}
