export const access = {
  title: 'Zugriffsregeln',
}
