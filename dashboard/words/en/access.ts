export const access = {
  title: 'Access rules',
}
