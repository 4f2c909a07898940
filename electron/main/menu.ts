/** The application's menu, made of Electron's roles, which bring their shortcuts; in Japanese with words of ours, since roles speak English. */
import type { MenuItemConstructorOptions } from 'electron'

export type MenuLanguage = 'en' | 'ja'
export type MenuSettings = {
  readonly platform: string // process.platform
  readonly language: MenuLanguage
  readonly savePdf: () => void // of the report in the focused window
}

type Role = NonNullable<MenuItemConstructorOptions['role']>

const words = {
  en: { file: 'File', edit: 'Edit', view: 'View', window: 'Window', savePdf: 'Save report as PDF…' },
  ja: { file: 'ファイル', edit: '編集', view: '表示', window: 'ウインドウ', savePdf: 'レポートをPDFで保存…' },
} as const

/** What a role is called in Japanese; a role that is not here keeps Electron's word. */
const rolesInJapanese: Partial<Record<Role, string>> = {
  about: 'Kagamiについて',
  close: '閉じる',
  quit: '終了',
  undo: '取り消す',
  redo: 'やり直す',
  cut: '切り取り',
  copy: 'コピー',
  paste: '貼り付け',
  selectAll: 'すべて選択',
  reload: '再読み込み',
  toggleDevTools: '開発者ツール',
  resetZoom: '実際のサイズ',
  zoomIn: '拡大',
  zoomOut: '縮小',
  togglefullscreen: '全画面表示',
  minimize: '最小化',
  hide: 'Kagamiを隠す',
}

export function menuTemplate({ platform, language, savePdf }: MenuSettings): MenuItemConstructorOptions[] {
  const say = words[language]
  const isMac = platform === 'darwin'
  const item = (role: Role): MenuItemConstructorOptions => {
    const label = language === 'ja' ? rolesInJapanese[role] : undefined
    return label === undefined ? { role } : { role, label }
  }
  const line: MenuItemConstructorOptions = { type: 'separator' }
  const file: MenuItemConstructorOptions[] = [{ label: say.savePdf, accelerator: 'CmdOrCtrl+Shift+S', click: savePdf }, line, item('close')]
  return [
    ...(isMac ? [{ label: 'Kagami', submenu: [item('about'), line, item('hide'), line, item('quit')] }] : []),
    { label: say.file, submenu: isMac ? file : [...file, item('quit')] },
    { label: say.edit, submenu: (['undo', 'redo', 'cut', 'copy', 'paste', 'selectAll'] as const).map(item) },
    {
      label: say.view,
      submenu: [...(['reload', 'toggleDevTools', 'resetZoom', 'zoomIn', 'zoomOut', 'togglefullscreen'] as const).map(item)],
    },
    { label: say.window, submenu: [item('minimize'), item('close')] },
  ]
}
