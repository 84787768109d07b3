// Signed transactions as they arrive: decoded, and refused with the reasons that a node gives.

import {
  AuthType, Cl, PayloadType as Payload, addressFromVersionHash, addressHashModeToVersion,
  addressToString, deserializeTransaction,
} from '@stacks/transactions';
import { isCheckable } from './post-conditions.mjs';

/** The test networks' chain id and version byte. */
export const CHAIN_ID = 0x80000000;
const VERSION = 0x80;
/** Clarity 4, as the epoch that the simnet runs in: what a deployment gets that names none. */
const CLARITY_DEFAULT = 4;
const AMOUNT_MAX = BigInt(Number.MAX_SAFE_INTEGER);
export const CHAINED_MAX = 25;

export class Rejected extends Error {
  constructor(reason, data, txid) {
    super(reason);
    this.answer = {
      error: 'transaction rejected', reason, ...(data ? { reason_data: data } : {}), ...(txid ? { txid } : {}),
    };
  }
}

/** @param {string | Uint8Array} bytes hex or raw @returns {any} @throws {Rejected} */
export function decodeTransaction(bytes) {
  const raw = typeof bytes === 'string' ? bytes.replace(/^0x/, '').toLowerCase() : Buffer.from(bytes).toString('hex');
  let wire;
  try {
    wire = deserializeTransaction(raw);
    if (wire.serialize() !== raw) throw new Error('Bytes are left over.');
  } catch (error) {
    throw new Rejected('Deserialization', { message: String(error.message ?? error) });
  }
  const txid = wire.txid();
  const refuse = (reason, data) => { throw new Rejected(reason, data, txid); };
  if (wire.transactionVersion !== VERSION || wire.chainId !== CHAIN_ID) refuse('BadTransactionVersion');
  const condition = wire.auth.spendingCondition;
  if (wire.auth.authType !== AuthType.Standard) {
    refuse('SignatureValidation', { message: 'This chain takes no sponsored transactions.' });
  }
  try {
    wire.verifyOrigin();
  } catch (error) {
    refuse('SignatureValidation', { message: String(error.message ?? error) });
  }
  const conditions = wire.postConditions.values;
  if (!conditions.every(isCheckable)) {
    refuse('Deserialization', { message: 'This chain knows no such post-condition.' });
  }
  const version = addressHashModeToVersion(condition.hashMode, 'testnet');
  const { call, detail } = payloadOf(wire.payload, refuse);
  return {
    txid: `0x${txid}`, raw, bytes: raw.length / 2,
    sender: addressToString(addressFromVersionHash(version, condition.signer)),
    nonce: Number(condition.nonce), fee: Number(condition.fee),
    mode: wire.postConditionMode, conditions, call, ...detail,
  };
}

function payloadOf(payload, refuse) {
  switch (payload.payloadType) {
    case Payload.TokenTransfer: {
      if (payload.amount <= 0n) refuse('TransferAmountMustBePositive');
      if (payload.amount > AMOUNT_MAX) refuse('NotEnoughFunds', { expected: hex(payload.amount), actual: '0x0' });
      const memo = Buffer.alloc(34);
      memo.write(payload.memo.content.replace(/\0/g, ''), 'utf8');
      const recipient = payload.recipient.value;
      return {
        call: { kind: 'transfer', recipient, amount: Number(payload.amount) },
        detail: { type: 'token_transfer', memo: `0x${memo.toString('hex')}` },
      };
    }
    case Payload.ContractCall: {
      const contract = `${addressToString(payload.contractAddress)}.${payload.contractName.content}`;
      const args = payload.functionArgs.map((value) => Cl.serialize(value));
      return {
        call: { kind: 'call', contract, fn: payload.functionName.content, args },
        detail: { type: 'contract_call' },
      };
    }
    case Payload.SmartContract:
    case Payload.VersionedSmartContract: {
      const clarityVersion = payload.clarityVersion ?? null;
      return {
        call: {
          kind: 'deploy', name: payload.contractName.content, source: payload.codeBody.content,
          clarityVersion: clarityVersion ?? CLARITY_DEFAULT,
        },
        detail: { type: 'smart_contract', clarityVersion },
      };
    }
    case Payload.TenureChange: return refuse('NoTenureChangeViaMempool');
    case Payload.PoisonMicroblock: return refuse('PoisonMicroblocksDoNotConflict');
    default: return refuse('NoCoinbaseViaMempool');
  }
}

/**
 * @param {any} record a decoded transaction
 * @param {{nextNonce: number, balance: bigint, contract: {abi: any} | null, waiting: any}} state
 *   of the sender; `contract` is the one called, or the one that would be deployed
 * @throws {Rejected}
 */
export function checkAdmission(record, { nextNonce, balance, contract, waiting }) {
  const refuse = (reason, data) => { throw new Rejected(reason, data, record.txid.slice(2)); };
  const { call, fee, nonce, sender, bytes } = record;
  if (!Number.isSafeInteger(fee) || fee < bytes) refuse('FeeTooLow', { expected: bytes, actual: fee });
  const told = { expected: nextNonce, actual: nonce, is_origin: true, principal: sender };
  if (nonce < nextNonce) refuse('BadNonce', told);
  if (nonce >= nextNonce + CHAINED_MAX) {
    refuse('TooMuchChaining', { message: 'Nonce would exceed chaining limit in mempool', ...told });
  }
  if (waiting && fee <= waiting.fee) refuse('ConflictingNonceInMempool');
  const cost = BigInt(fee) + (call.kind === 'transfer' ? BigInt(call.amount) : 0n);
  if (balance < cost) refuse('NotEnoughFunds', { expected: hex(cost), actual: hex(balance) });
  if (call.kind === 'transfer' && call.recipient === sender) {
    refuse('TransferRecipientCannotEqualSender', { recipient: sender });
  }
  if (call.kind === 'deploy' && contract) {
    refuse('ContractAlreadyExists', { contract_identifier: `${sender}.${call.name}` });
  }
  if (call.kind === 'call') {
    if (!contract) refuse('NoSuchContract');
    if (contract.abi) checkCall(call, contract.abi, refuse);
  }
  if (call.kind === 'transfer' && record.conditions.length > 0) {
    refuse('Deserialization', { message: 'Token transfers take no post-conditions.' });
  }
}

function checkCall({ fn, args }, abi, refuse) {
  const found = abi.functions.find(({ name, access }) => name === fn && access === 'public');
  if (!found) refuse('NoSuchPublicFunction');
  if (found.args.length !== args.length) {
    refuse('BadFunctionArgument', { message: `IncorrectArgumentCount(${found.args.length}, ${args.length})` });
  }
  found.args.forEach(({ name, type }, at) => {
    if (!fits(Cl.deserialize(args[at]), type)) {
      refuse('BadFunctionArgument', { message: `BadFunctionArgument: ${name} is not ${JSON.stringify(type)}` });
    }
  });
}

/** Whether a Clarity value is of an interface's type. */
export function fits(value, type) {
  switch (type) {
    case 'uint128': return value.type === 'uint';
    case 'int128': return value.type === 'int';
    case 'bool': return value.type === 'true' || value.type === 'false';
    case 'principal': return value.type === 'address' || value.type === 'contract';
    case 'trait_reference': return value.type === 'contract';
    case 'none': return value.type === 'none';
    default: return fitsCompound(value, type);
  }
}

function fitsCompound(value, type) {
  if (type.buffer) return value.type === 'buffer' && value.value.length / 2 <= type.buffer.length;
  if (type['string-ascii']) return value.type === 'ascii' && value.value.length <= type['string-ascii'].length;
  if (type['string-utf8']) return value.type === 'utf8' && [...value.value].length <= type['string-utf8'].length;
  if (type.optional) return value.type === 'none' || (value.type === 'some' && fits(value.value, type.optional));
  if (type.list) {
    return value.type === 'list' && value.value.length <= type.list.length
      && value.value.every((item) => fits(item, type.list.type));
  }
  if (type.response) {
    return (value.type === 'ok' && fits(value.value, type.response.ok))
      || (value.type === 'err' && fits(value.value, type.response.error));
  }
  if (type.tuple) {
    return value.type === 'tuple' && Object.keys(value.value).length === type.tuple.length
      && type.tuple.every(({ name, type: inner }) => name in value.value && fits(value.value[name], inner));
  }
  return false;
}

const hex = (amount) => `0x${amount.toString(16).padStart(32, '0')}`;
