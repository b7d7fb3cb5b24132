/** The Debian packages whose programs the suite starts as private instances. */
import { imageNeeds } from '../src/quickstart/host.ts'
import { cephClientNeeds, cephNeeds } from '../src/parts/ceph.ts'
import { chromiumNeeds } from '../src/parts/chromium.ts'
import { guestNeeds } from '../src/parts/guest/index.ts'
import { keystoneNeed } from '../src/parts/keystone.ts'
import { mariadbNeed } from '../src/parts/mariadb.ts'
import { nfsClientNeed } from '../src/parts/nfs-client.ts'
import { rabbitmqNeed } from '../src/parts/rabbitmq.ts'
import type { Need } from '../src/parts/packages.ts'
import { postgresNeed } from '../src/parts/postgres.ts'
import { sambaNeeds } from '../src/parts/samba-ad.ts'
import { slapdNeeds } from '../src/parts/slapd.ts'

export const testNeeds: readonly Need[] = [
  ...imageNeeds,
  nfsClientNeed,
  ...guestNeeds,
  ...chromiumNeeds,
  rabbitmqNeed,
  postgresNeed,
  mariadbNeed,
  ...slapdNeeds,
  ...sambaNeeds,
  keystoneNeed,
  ...cephNeeds,
  ...cephClientNeeds,
  { program: 'systemd-analyze', debianPackage: 'systemd', why: 'reads the units of deploy/' },
  { program: 'haproxy', debianPackage: 'haproxy', why: 'balances the APIs as in deploy/' },
  { program: 'promtool', debianPackage: 'prometheus', why: 'reads the metrics of every process' },
  {
    program: 'strace',
    debianPackage: 'strace',
    why: 'proves that measuring sizes reads no directory, and ends programs at a chosen system call',
  },
  {
    program: 'openstack',
    debianPackage: 'python3-openstackclient',
    why: "the stock client, to prove it can't tell the difference",
  },
  {
    program: 'manila',
    debianPackage: 'python3-manilaclient',
    why: 'the stock Manila client and its openstack plug-in',
  },
]
