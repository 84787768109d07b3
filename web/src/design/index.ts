/** The design system: everything that pages are made of. */

export {
  ASSETS,
  type Asset,
  formatFigure,
  formatMoney,
  type Minor,
  parseMoney,
  toMinor,
} from './amounts';
export { Bargain, type BargainHalf, Thumbs } from './Bargain';
export { Actions, Button, buttonClass, LinkButton, Tool, ToolLink, toolClass } from './Button';
export { Coin, type CoinState, State } from './Coin';
export { Comma } from './Comma';
export { classes } from './classes';
export { Dialog } from './Dialog';
export { Fact, Facts } from './Facts';
export { CheckField, FieldRow, SelectField, TextArea, TextField } from './Field';
export { Icon, type IconName, Mark } from './Icon';
export {
  Address,
  Empty,
  Figure,
  Figures,
  Head,
  Meter,
  Section,
  Sheet,
  Skeleton,
  Stack,
  shortAddress,
  stickClass,
  Two,
  useTitle,
} from './Layout';
export { type Column, Ledger, Sub } from './Ledger';
export { Menu, MenuChoice, MenuItem, MenuLine, MenuLink } from './Menu';
export { Money } from './Money';
export { Note } from './Note';
export { Split, SplitSums } from './Split';
export { type Step, Steps } from './Steps';
export {
  BPS,
  bondSide,
  divide,
  formatPercent,
  formatShare,
  type Parts,
  parseShare,
} from './shares';
export { Tabs } from './Tabs';
export { Time } from './Time';
