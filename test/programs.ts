/** The Debian packages whose programs the suite starts as private instances. */
import { imageNeeds } from '../tools/quickstart/host.ts'
import { cephClientNeeds, cephNeeds } from '../tools/programs/ceph.ts'
import { chromiumNeeds } from '../tools/programs/chromium.ts'
import { guestNeeds } from '../tools/programs/guest/index.ts'
import { keystoneNeed } from '../tools/programs/keystone.ts'
import { mariadbNeed } from '../tools/programs/mariadb.ts'
import { nfsClientNeed } from '../tools/programs/nfs-client.ts'
import { rabbitmqNeed } from '../tools/programs/rabbitmq.ts'
import type { Need } from '../tools/programs/packages.ts'
import { postgresNeed } from '../tools/programs/postgres.ts'
import { sambaNeeds } from '../tools/programs/samba-ad.ts'
import { slapdNeeds } from '../tools/programs/slapd.ts'

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
