// SPDX-License-Identifier: Apache-2.0
import { testTable } from './support/table.mjs';

testTable('STX', () => null);
