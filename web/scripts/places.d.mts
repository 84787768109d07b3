import type { Plugin } from 'vite';

export function places(): Plugin;
