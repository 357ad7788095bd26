import type { cleanUpFaults } from './clean-up-faults.js';
import type { eraseFaults } from './erase-faults.js';
import type { revocationFaults } from './revocation-faults.js';
import type { rowFaults } from './row-faults.js';
import type { sharedFaults } from './shared-faults.js';

type Cases<Faults extends string> = Readonly<Record<Faults, readonly string[]>>;

/** Cases that fail on a store for one node with a fault. Others may fail, too. */
export const noticedByOne: Cases<
  keyof typeof rowFaults | keyof typeof revocationFaults | keyof typeof cleanUpFaults | keyof typeof eraseFaults
> = {
  'erase ends nothing': ['erase ends all rows of a wallet and of no other, and they come back as new ones'],
  'erase revokes the wallet': ['erase keeps what is revoked'],
  'erase waits for no clean-up': ['erase leaves rows to their clean-ups, as purged'],
  'every call is told that the device is new': [
    'concurrent calls of a device make one row, and one of them is told that it is new',
  ],
  'enter answers the row as it is after this token': [
    'enter of a device with a row answers the row as it was before this token, and renews it',
  ],
  'enter looks for a row before it makes one': [
    'concurrent calls of a device make one row, and one of them is told that it is new',
  ],
  'enter does not renew': ['enter of a device with a row answers the row as it was before this token, and renews it'],
  'rows have no certified time': ['enter makes a row of what was presented, and says that it is new'],
  'the last end wins, not the newest': ['renew keeps the newest end, in whatever order they come'],
  'a renewal does not move seenMs': ['renew moves seenMs, and the address only if it has one'],
  'a renewal without an address takes it away': ['renew moves seenMs, and the address only if it has one'],
  'renew makes rows': ['renew makes no row'],
  'a second token confirms': [
    'a token confirms a device that was made confirmAfterMs after its first, and none before',
  ],
  'a renewal without a token confirms': [
    'a token confirms a device that was made confirmAfterMs after its first, and none before',
  ],
  'no token confirms': ['a token confirms a device that was made confirmAfterMs after its first, and none before'],
  'edit replaces what was not named': ['edit changes a row that is there, and nothing but what was named'],
  'edit always finds a row': ['edit changes a row that is there, and nothing but what was named'],
  'remove always finds a row': ['remove ends a row once, and its device comes back as a new one'],
  'remove takes the whole wallet': ['remove ends a row once, and its device comes back as a new one'],
  'read leaves out what is not there': [
    'read answers in the order of the ids, and undefined for a device without a row',
  ],
  'list leaves out the first': ['list has the rows of a wallet and of no other'],
  'list has the rows of all wallets': ['list has the rows of a wallet and of no other'],
  'a row that is made anew has the time of the one before': [
    'every row of a device is later than the one before',
    'a device that is certified after revokeWallet enters, later than its time',
    'every row of a device is later than the one before, also when the clock is put back',
  ],
  'rows have the time of the clock': ['every row of a device is later than the one before'],
  'it can be closed once': ['close may be called twice'],
  'a wallet may have any number of devices': [
    'a wallet has devicesPerWallet devices, and room for another when one is gone',
  ],
  'devices are counted before the row is made': ['devicesPerWallet holds for calls that come at the same time'],
  'there may be any number of devices': ['a store that has as many devices as it may takes no more'],
  'nothing makes room': ['unconfirmed devices whose token has ended make room, and the node is told'],
  'confirmed devices make room': ['unconfirmed devices whose token has ended make room, and the node is told'],
  'nobody is told of what made room': ['unconfirmed devices whose token has ended make room, and the node is told'],
  'unconfirmed rows are purged when their token has ended': [
    'purge ends unconfirmed rows unconfirmedMs after their token, and no others',
  ],
  'unconfirmed rows are kept as long as others': [
    'purge ends unconfirmed rows unconfirmedMs after their token, and no others',
  ],
  'rows are purged when their token has ended': [
    'purge ends confirmed rows that were not seen for idleMs, and not those that were',
  ],
  'rows are never purged': ['purge ends so many rows at most'],
  'rows are purged by the first end of their tokens': ['purge keeps an unconfirmed row whose token was renewed'],
  'rows are purged though they were seen': [
    'purge ends confirmed rows that were not seen for idleMs, and not those that were',
  ],
  'purge ends all that it can': ['purge ends so many rows at most'],
  'restore makes rows of now': ['restore makes rows as they were'],
  'restore replaces rows': ['restore leaves devices alone that have a row, or are revoked'],
  'restore makes rows of revoked devices': ['restore leaves devices alone that have a row, or are revoked'],
  'restored rows are not purged': [
    'rows that were restored are purged, revoked and followed by later ones as all others',
  ],
  'revoke ends no rows': ['revoke ends the row of a device, which never enters again'],
  'revoke knows no keys': [
    'a device is revoked by its key alone, with a row and without',
    'revoke tells the node that called it',
  ],
  'revoke takes the first fact alone': ['facts may come in any order, together or one by one, and twice'],
  'revoke takes 1,000 facts at most': ['a great many facts at once'],
  'revoke refuses devices without a row': ['a device that was never here can be revoked'],
  'revoke is always news': ['revoke answers whether any of the facts is news'],
  'revoke is never news': ['revoke answers whether any of the facts is news'],
  'enter looks at no revocations': ['revoke ends the row of a device, which never enters again'],
  'enter looks at revocations before it makes the row': [
    'enter at the same time as revokeWallet leaves no row of a revoked device',
    'enter at the same time as revoke leaves no row of a revoked device',
  ],
  'the last time of a wallet counts, not the latest': [
    'of the times of a wallet, the latest counts, with its survivor',
  ],
  'of two equally late survivors the first goes on': [
    'two equally late times of a wallet with different survivors leave none',
  ],
  'of two equally late survivors the last goes on': [
    'two equally late times of a wallet with different survivors leave none',
  ],
  'of two equally late survivors one is better than none': ['a rival with no survivor leaves none either'],
  'no survivor is spared': ['revokeWallet spares the survivor, whose row stays as it is'],
  'old certificates are good again': ['revokeWallet ends all rows of a wallet and of no other'],
  'a revoked wallet has no devices any more': [
    'revokeWallet chooses a later time each time, also when the clock is put back',
  ],
  'certificates that are dated later come back': [
    'devices whose certificate is dated later than revokeWallet are revoked by id',
    'a fact of a wallet revokes by id devices whose certificate is dated later, if it is news',
  ],
  'every fact of a wallet revokes all of its devices by id': [
    'of the times of a wallet, the latest counts, with its survivor',
  ],
  'revokeWallet chooses the time of its clock': [
    'revokeWallet chooses a later time each time, and rows come after it',
    'revokeWallet covers rows that were made before the clock was put back',
  ],
  'revokeWallet ignores the survivor': ['revokeWallet spares the survivor, whose row stays as it is'],
  'revokeWallet takes the wallets of all rows': ['revokeWallet ends all rows of a wallet and of no other'],
  'revokeWallet names a survivor that is revoked': [
    'a device that was revoked with its wallet does not come back as a survivor',
  ],
  'no row waits for its clean-up': [
    'enter answers "cleaning" until the clean-up is done; then a later incarnation begins',
  ],
  'restore makes rows that have ended as if they had not': [
    'restore makes rows that have ended, or whose devices are revoked, as such: they are cleaned up',
  ],
  'restore leaves revoked devices without their clean-up': [
    'restore makes rows that have ended, or whose devices are revoked, as such: they are cleaned up',
  ],
  'rows wait for a clean-up that nobody does': ['where no node cleans up, a row that ends is gone at once'],
  'a device comes back during its clean-up': [
    'enter answers "cleaning" until the clean-up is done; then a later incarnation begins',
  ],
  'a revoked device is said to be cleaned up': [
    'a device that is revoked during the clean-up of a purge stays revoked, and is cleaned up once',
  ],
  'a device is not revoked when its clean-up waits': [
    'a device that is revoked during the clean-up of a purge stays revoked, and is cleaned up once',
  ],
  'the new certificate of a device that is cleaned up is not looked at': [
    'a device that its wallet certified anew waits for the clean-up of what was revoked',
  ],
  'rows that have ended are read': ['a row that has ended is not read, listed, changed or ended again'],
  'rows that are purged have no clean-up': ['a row that is purged or removed has its clean-up'],
  'a wallet that is revoked has one clean-up': ['each row that ends with its wallet has its clean-up'],
  'every clean-up is that of a purge': [
    'each row that ends with its wallet has its clean-up',
    'a row that is revoked has its clean-up, once',
  ],
  'the incarnation is another time': [
    'enter answers "cleaning" until the clean-up is done; then a later incarnation begins',
  ],
  'every attempt is the first': ['a clean-up whose lease is over is claimed again, and the first claim is lost'],
  'claim gives all there are': ['claim gives so many clean-ups at most, and each once until its lease is over'],
  'claims hold for no time': ['claim gives so many clean-ups at most, and each once until its lease is over'],
  'claims hold for ever': ['a clean-up whose lease is over is claimed again, and the first claim is lost'],
  'a lost claim is as good as any': ['a clean-up whose lease is over is claimed again, and the first claim is lost'],
  'a claim is good in the next life of its device': ['a claim is good for nothing once it is finished'],
  'defer does nothing': ['defer has a clean-up claimed so much later, and not before'],
  'defer waits for no time': ['defer has a clean-up claimed so much later, and not before'],
  'defer loses the claim': ['defer makes a lease longer, and the claim stays good'],
  'finish may be called twice': ['a claim is good for nothing once it is finished'],
  'finish does nothing': ['enter answers "cleaning" until the clean-up is done; then a later incarnation begins'],
  'a revocation has the clean-up done again': [
    'a device that is revoked during the clean-up of a purge stays revoked, and is cleaned up once',
  ],
  'the backlog has only what waits': ['backlog counts what waits and runs, and how long the oldest has waited'],
  'the oldest clean-up is always new': ['backlog counts what waits and runs, and how long the oldest has waited'],
};

/** The same of a store that nodes share. */
export const noticedByMany: Cases<keyof typeof sharedFaults> = {
  'two nodes: enter looks for a row before it makes one': ['concurrent calls of a device on two nodes make one row'],
  'two nodes: devices are counted before the row is made': [
    'devicesPerWallet holds for calls that come at the same time on two nodes',
  ],
  'two nodes: revoke ends no rows': [
    'enter at the same time as revoke on another node leaves no row of a revoked device',
  ],
  'two nodes: revoke knows no keys': [
    'what one node has revoked enters on no other, from the moment that it is acknowledged',
  ],
  'two nodes: revoke is always news': ['news is news once, whichever node says it'],
  'two nodes: revokeWallet chooses the time of its clock': [
    'wallets are revoked until a time of the store, not of nodes whose clocks are an hour off',
  ],
  'two nodes: claims hold for no time': ['two nodes that claim at the same time get different clean-ups'],
  'two nodes: claims hold for ever': ['another node takes over when the lease is over, and the first claim is lost'],
  'two nodes: a lost claim is as good as any': [
    'another node takes over when the lease is over, and the first claim is lost',
  ],
  'nodes share nothing': [
    'a device is new on one node of all, and what one node changes, the others read',
    'enter at the same time as revokeWallet on another node leaves no row of a revoked device',
  ],
  'it does not say that nodes share it': [
    'a device is new on one node of all, and what one node changes, the others read',
  ],
  'nodes that are open hear of no revocation': [
    'what one node revokes, the others hear, and one that opens later knows it from the start',
  ],
  'a node that opens is not told what is revoked': [
    'what one node revokes, the others hear, and one that opens later knows it from the start',
    'facts from two nodes, in different orders, give every node the same copy',
  ],
  'enter asks what its node has heard, which is late': [
    'what one node has revoked enters on no other, from the moment that it is acknowledged',
  ],
  'purges are not told': [
    'other nodes hear what was purged, or that they may have missed it',
    'other nodes hear what was erased, or that they may have missed it',
  ],
  'nodes that open are told all ids that were ever revoked': [
    'after erase, nodes that open later hear of revoked devices by key, not by id',
  ],
  'nodes never hear that they are fresh': ['nodes hear that what they know is fresh, with the backlog'],
  'fresh is told without the backlog': ['nodes hear that what they know is fresh, with the backlog'],
  'fresh is told by the clock of the node': ['nodes hear that what they know is fresh, with the backlog'],
  'a loss is not told': ['nodes hear that data was lost, and then again that they are fresh'],
  'after a loss nodes are not fresh again': ['nodes hear that data was lost, and then again that they are fresh'],
  'restore does nothing': ['restore makes rows as they were'],
  'facts that were put back are not told': ['a store that has lost its data takes back what nodes know'],
  'a node without clean-up takes rows away': [
    'a node without clean-up leaves the rows that it ends to those that have it',
  ],
  'seenMs is by the clock of the node': ['rows have times of the store, not of nodes whose clocks are an hour off'],
  'rows are purged by the clock of the node': [
    'rows have times of the store, not of nodes whose clocks are an hour off',
  ],
  'leases last by the clock of the node': [
    'leases last by the time of the store, not of nodes whose clocks are an hour off',
  ],
  'agree answers nothing': ['agree answers what another node said, if that differs'],
  'agree answers what it is told': ['agree answers what another node said, if that differs'],
  'the last node that closes takes the data along': [
    'a node that closes leaves the data to the others, and its revocations stay known',
  ],
};
