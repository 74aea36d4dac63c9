declare module '*/ecosystem.config.js' {
  export const apps: (import('pm2').StartOptions & { name: string })[];
}
