/** The Debian packages whose programs the suite starts as private instances. */
import { imageNeeds } from '../tools/quickstart/host.ts'
import { cephClientNeeds, cephNeeds } from '../tools/parts/ceph.ts'
import { chromiumNeeds } from '../tools/parts/chromium.ts'
import { guestNeeds } from '../tools/parts/guest/index.ts'
import { keystoneNeed } from '../tools/parts/keystone.ts'
import { mariadbNeed } from '../tools/parts/mariadb.ts'
import { nfsClientNeed } from '../tools/parts/nfs-client.ts'
import { rabbitmqNeed } from '../tools/parts/rabbitmq.ts'
import type { Need } from '../tools/parts/packages.ts'
import { postgresNeed } from '../tools/parts/postgres.ts'
import { sambaNeeds } from '../tools/parts/samba-ad.ts'
import { slapdNeeds } from '../tools/parts/slapd.ts'

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
