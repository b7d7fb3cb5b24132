/**
 * Every colour, size and space of the dashboard. Nothing else knows a colour: style sheets name the variables made here (`var(--line)`),
 * components the names of Mantine's theme. A test checks each pair that meets on a page: 4.5:1 for text, 3:1 for lines that mean something.
 */
import {
  createTheme,
  defaultVariantColorsResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core'

export const colors = {
  light: {
    page: '#FFFFFF',
    surface: '#FAFAF9',
    raised: '#FFFFFF',
    hover: '#F5F5F4',
    line: '#E7E5E4',
    'line-strong': '#D6D3D1',
    'line-control': '#948E8A',
    text: '#1C1917',
    muted: '#57534E',
    faint: '#716A66',
    accent: '#0F766E',
    'on-filled': '#FFFFFF',
    'accent-soft': '#E6F4F2',
    ok: '#15803D',
    working: '#1D4ED8',
    warning: '#B45309',
    bad: '#B91C1C',
    off: '#57534E',
    'ok-soft': '#EAF7EE',
    'working-soft': '#EBF1FE',
    'warning-soft': '#FDF4E7',
    'bad-soft': '#FDEEEE',
    track: '#E7E5E4',
  },
  dark: {
    page: '#0F1113',
    surface: '#16191C',
    raised: '#1C2024',
    hover: '#1F2429',
    line: '#2A2F34',
    'line-strong': '#3A4047',
    'line-control': '#6B737B',
    text: '#ECEDEE',
    muted: '#A6ADB4',
    faint: '#8B939B',
    accent: '#2DD4BF',
    'on-filled': '#0F1113',
    'accent-soft': '#12302E',
    ok: '#4ADE80',
    working: '#60A5FA',
    warning: '#FBBF24',
    bad: '#F87171',
    off: '#9CA3AF',
    'ok-soft': '#12291B',
    'working-soft': '#152238',
    'warning-soft': '#2E2410',
    'bad-soft': '#331A1B',
    track: '#2F353B',
  },
} as const
export type Scheme = keyof typeof colors

/** Mantine takes ten shades: ours are two, one for each scheme, and what hovers beside them. */
const accent: MantineColorsTuple = [
  '#E6F4F2',
  '#CDE9E5',
  '#9AD8D0',
  '#5EEAD4',
  colors.dark.accent,
  '#14B8A6',
  '#0D9488',
  colors.light.accent,
  '#115E59',
  '#134E4A',
]
const bad: MantineColorsTuple = [
  '#FDEEEE',
  '#FBD5D5',
  '#F5B1B1',
  '#FCA5A5',
  colors.dark.bad,
  '#EF4444',
  '#DC2626',
  colors.light.bad,
  '#991B1B',
  '#7F1D1D',
]

/** What Mantine takes its light lines and tracks from: as warm as the surfaces. */
const gray: MantineColorsTuple = [
  colors.light.surface,
  colors.light.hover,
  colors.light.line,
  colors.light['line-strong'],
  colors.light['line-control'],
  '#A8A29E',
  '#78716C',
  colors.light.muted,
  '#44403C',
  colors.light.text,
]

/** What Mantine takes its dark surfaces, fields and lines from. */
const dark: MantineColorsTuple = [
  colors.dark.text,
  '#C4C9CE',
  colors.dark.muted,
  colors.dark.faint,
  colors.dark['line-control'],
  colors.dark['line-strong'],
  colors.dark.raised,
  colors.dark.page,
  colors.dark.surface,
  colors.dark.page,
]

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 4 },
  colors: { accent, bad, dark, gray },
  autoContrast: true,
  // Mantine asks the light shade which letters can be read on it, in the dark, too.
  variantColorResolver(input) {
    const usual = defaultVariantColorsResolver(input)
    if (input.variant === 'filled') return { ...usual, color: 'var(--on-filled)' }
    // Of an entry of a menu, too.
    return input.variant === 'light' && input.color === 'bad' ? { ...usual, hover: 'var(--bad-soft)' } : usual
  },
  defaultRadius: 4,
  radius: { xs: '2px', sm: '4px', md: '4px', lg: '4px', xl: '4px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '14px', xl: '16px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '20px', xl: '24px' },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Select: {
      defaultProps: { size: 'sm', allowDeselect: false, comboboxProps: { transitionProps: { duration: 0 } } },
    },
    Textarea: { defaultProps: { size: 'sm' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Menu: {
      defaultProps: {
        withInitialFocusPlaceholder: false,
        transitionProps: { duration: 0 },
        shadow: 'sm',
        position: 'bottom-end',
      },
    },
    // A dialog's head is not the banner of the page.
    ModalHeader: { defaultProps: { role: 'presentation' } },
    DrawerHeader: { defaultProps: { role: 'presentation' } },
    Modal: { defaultProps: { transitionProps: { duration: 120 }, shadow: 'sm', centered: true } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 }, shadow: 'sm' } },
    Tooltip: {
      defaultProps: {
        transitionProps: { duration: 0 },
        openDelay: 200,
        multiline: true,
        maw: 320,
        events: { hover: true, focus: true, touch: true },
      },
    },
  },
})

const own = (scheme: Scheme): Record<string, string> => {
  const table = colors[scheme]
  return {
    ...Object.fromEntries(Object.entries(table).map(([name, value]) => [`--${name}`, value])),
    '--mantine-color-body': table.page,
    '--mantine-color-text': table.text,
    '--mantine-color-dimmed': table.muted,
    '--mantine-color-placeholder': table.faint,
    '--mantine-color-anchor': table.accent,
    '--mantine-color-default': table.raised,
    '--mantine-color-default-hover': table.hover,
    '--mantine-color-default-color': table.text,
    // A button is known by its word; a field only by its line.
    '--mantine-color-default-border': table['line-strong'],
    '--mantine-color-error': table.bad,
    // Of an entry of a menu that loses something.
    '--mantine-color-bad-6': table.bad,
    // Of an entry of a menu that the pointer or the focus is on.
    '--menu-item-hover': table.hover,
    '--mantine-color-disabled': table.hover,
    '--mantine-color-disabled-color': table.muted,
    '--mantine-color-disabled-border': table.line,
  }
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--rail': '220px', '--row': '40px' },
  light: own('light'),
  dark: own('dark'),
})
