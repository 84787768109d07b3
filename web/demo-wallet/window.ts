/**
 * The wallet's own window: a dialog in a shadow tree, apart from the page's styles. It asks before
 * it signs, as every wallet does.
 */
import { ACCOUNTS, type AccountIndex, chooseAccount, chosenAccount } from './keys';

const STYLE = `
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
label small { margin-inline-start: auto; color: #5c4409; }
.row { display: flex; flex-wrap: wrap; gap: 8px; }
button { font: 600 16px/1.2 system-ui, sans-serif; min-height: 44px; padding: 8px 16px; border-radius: 6px; border: 1px solid #754e00; background: #fffaf0; color: #2a1e03; cursor: pointer; }
button.main { background: #754e00; color: #fff; }
button:focus-visible, input:focus-visible { outline: 3px solid #15201a; outline-offset: 2px; }
[role=status] { min-height: 1.5em; margin: 8px 0 0; font-size: 15px; }
`;

/** The person said no; the code is the one that wallets agree on. */
export class Refused extends Error {
  readonly code = 4001;

  constructor() {
    super('User rejected the request.');
  }
}

interface Question<Answer> {
  title: string;
  what: string;
  /** Shown letter for letter. */
  text?: string;
  yes: string;
  /** What stands between the words and the buttons. */
  fill?: (box: HTMLElement, say: (text: string) => void) => void;
  answer: () => Answer;
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = '',
  parent?: Node,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  parent?.appendChild(made);
  return made;
}

/** One question at a time; the answer, or `Refused`. */
let last: Promise<unknown> = Promise.resolve();

function ask<Answer>(question: Question<Answer>): Promise<Answer> {
  const asked = last.then(
    () => show(question),
    () => show(question),
  );
  last = asked;
  return asked;
}

function show<Answer>(question: Question<Answer>): Promise<Answer> {
  const host = document.createElement('earnest-demo-wallet');
  host.lang = 'en';
  host.dir = 'ltr';
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const dialog = element('dialog', '', shadow);
  element('span', 'Demo wallet: play money, keys in this browser', dialog).className = 'tag';
  const title = element('h2', question.title, dialog);
  title.id = 'title';
  dialog.setAttribute('aria-labelledby', 'title');
  element('p', question.what, dialog);
  if (question.text !== undefined) {
    const text = element('pre', question.text, dialog);
    text.tabIndex = 0;
  }
  const middle = element('div', '', dialog);
  const row = element('div', '', dialog);
  row.className = 'row';
  const yes = element('button', question.yes, row);
  yes.className = 'main';
  const no = element('button', 'Say no', row);
  const status = element('p', '', dialog);
  status.setAttribute('role', 'status');
  question.fill?.(middle, (text) => {
    status.textContent = text;
  });
  document.body.appendChild(host);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      dialog.close();
      host.remove();
      settle();
    };
    yes.addEventListener('click', () => end(() => resolve(question.answer())));
    no.addEventListener('click', () => end(() => reject(new Refused())));
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      end(() => reject(new Refused()));
    });
    // The page below has dialogs of its own: what is typed and pressed here is not for them.
    for (const name of ['keydown', 'pointerdown', 'mousedown', 'focusin'] as const) {
      host.addEventListener(name, (event) => event.stopPropagation());
    }
  });
}

/** Which account this site may see. `balance` reads one; `faucet` fills it with play money. */
export function askAccount(chain: {
  name: string;
  balance: (account: AccountIndex) => Promise<string>;
  faucet: (account: AccountIndex) => Promise<string>;
}): Promise<AccountIndex> {
  let chosen = chosenAccount();
  return ask({
    title: `Let this site see an account on ${chain.name}?`,
    what: 'Be the client with one, and the worker with another.',
    yes: 'Connect',
    fill(box, say) {
      const field = element('fieldset', '', box);
      element('legend', 'Account', field);
      const shown = ACCOUNTS.map((name, index) => {
        const label = element('label', '', field);
        const radio = element('input', '', label);
        radio.type = 'radio';
        radio.name = 'account';
        radio.checked = index === chosen;
        radio.addEventListener('change', () => {
          chosen = index as AccountIndex;
        });
        element('span', name, label);
        return element('small', '…', label);
      });
      const read = () => {
        shown.forEach((small, index) => {
          chain.balance(index as AccountIndex).then(
            (text) => {
              small.textContent = text;
            },
            () => {
              small.textContent = 'not known';
            },
          );
        });
      };
      read();
      const faucet = element('button', 'Get play money', box);
      faucet.addEventListener('click', () => {
        say('Asking the faucet…');
        chain.faucet(chosen).then(
          (text) => {
            say(text);
            read();
          },
          (error: Error) => say(`The faucet did not give: ${error.message}`),
        );
      });
      element('p', '', box);
    },
    answer: () => {
      chooseAccount(chosen);
      return chosen;
    },
  });
}

export function askMessage(text: string): Promise<void> {
  return ask({
    title: 'Sign this text?',
    what: 'Signing a text moves no money.',
    text,
    yes: 'Sign',
    answer: () => undefined,
  });
}

export function askSend(what: string, text: string): Promise<void> {
  return ask({
    title: 'Sign and send?',
    what,
    text,
    yes: 'Sign and send',
    answer: () => undefined,
  });
}
