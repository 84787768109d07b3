/** The window's own look, so that nobody takes it for a part of the page. */
export const STYLE = `
:host { all: initial; }
dialog { font: 400 16px/1.5 system-ui, sans-serif; color: #2a1e03; background: #fffaf0; border: 2px solid #754e00; border-radius: 10px; padding: 20px; width: min(26rem, calc(100vw - 2rem)); box-sizing: border-box; }
dialog::backdrop { background: rgb(42 30 3 / 45%); }
h2 { font-size: 18px; margin: 0 0 4px; }
p { margin: 0 0 12px; }
.tag { display: inline-block; background: #754e00; color: #fff; border-radius: 3px; padding: 2px 8px; font-size: 13px; font-weight: 600; margin-bottom: 12px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6ecd3; border-radius: 6px; padding: 12px; margin: 0 0 12px; max-height: 14rem; overflow: auto; font: 13px/1.5 ui-monospace, monospace; }
fieldset { border: 0; padding: 0; margin: 0 0 12px; display: grid; gap: 4px; }
legend { padding: 0; font-weight: 600; }
label { display: flex; gap: 10px; align-items: center; min-height: 44px; padding: 0 10px; border: 1px solid #a98a4a; border-radius: 6px; }
.purse { margin-inline-start: auto; display: grid; justify-items: end; text-align: end; padding: 4px 0; }
small { color: #5c4409; font-size: 14px; overflow-wrap: anywhere; }
.account { line-height: 1.3; }
.warning { border: 2px solid #8c2a1c; border-radius: 6px; padding: 8px 12px; color: #7a1f12; overflow-wrap: anywhere; }
.row { display: flex; flex-wrap: wrap; gap: 8px; }
button { font: 600 16px/1.2 system-ui, sans-serif; min-height: 44px; padding: 8px 16px; border-radius: 6px; border: 1px solid #754e00; background: #fffaf0; color: #2a1e03; cursor: pointer; }
button.main { background: #754e00; color: #fff; }
button:focus-visible, input:focus-visible { outline: 3px solid #15201a; outline-offset: 2px; }
[role=status] { min-height: 1.5em; margin: 8px 0 0; font-size: 15px; }
`;
