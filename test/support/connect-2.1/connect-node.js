export * from '@connectrpc/connect-node';
