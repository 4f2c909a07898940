/** Numbers in the reader's language, by the one set of rules that page, report and terminal share. */
import { useI18n } from 'vue-i18n'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInterval,
  formatNumber,
  formatP,
  type NumberOptions,
} from '#core/presentation/digits.ts'
import { usePreferences } from '../stores/preferences.ts'

export type Formats = {
  number(value: number | null | undefined, options?: NumberOptions): string
  count(value: number | null): string
  interval(low: number | null, high: number | null): string
  p(value: number | null): string
  bytes(value: number | null): string
  duration(ms: number | null): string
  /** "about 12 s", without fractions that an estimate does not have. */
  about(seconds: number): string
  /** A sentence about a count: the number grouped, the noun in the right number. */
  counted(key: string, n: number, more?: Readonly<Record<string, string>>): string
}

export function useFormats(): Formats {
  const { t } = useI18n()
  const preferences = usePreferences()
  const language = () => preferences.language
  return {
    number: (value, options) => formatNumber(value, language(), options),
    count: (value) => formatCount(value, language()),
    interval: (low, high) => formatInterval(low, high, language()),
    p: (value) => formatP(value, language()),
    bytes: (value) => formatBytes(value, language()),
    duration: (ms) => formatDuration(ms, language()),
    about: (seconds) => t('page.durations.about', { length: formatDuration(roundedMs(seconds), language()) }),
    counted: (key, n, more = {}) => t(key, { n: formatCount(n, language()), ...more }, n),
  }
}

/** An estimate's milliseconds: whole seconds below two minutes, whole minutes from there on, at least one second. */
export function roundedMs(seconds: number): number {
  const unit = seconds < 120 ? 1 : 60
  return Math.max(1, Math.round(seconds / unit) * unit) * 1_000
}
