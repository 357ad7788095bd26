export * from '@connectrpc/connect';
