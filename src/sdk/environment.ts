/** Reads the usual `OS_*` variables. */
import type { CloudSettings } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Who and where, as `openrc` files set it. */
export function credentialsIn(env: Environment): CloudSettings {
  const given = reader(env)
  return {
    ...given('authType', 'OS_AUTH_TYPE'),
    ...given('authUrl', 'OS_AUTH_URL'),
    ...given('username', 'OS_USERNAME', 'OS_USER_NAME'),
    ...given('userId', 'OS_USER_ID'),
    ...given('password', 'OS_PASSWORD'),
    ...given('userDomainName', 'OS_USER_DOMAIN_NAME', 'OS_DEFAULT_DOMAIN_NAME'),
    ...given('userDomainId', 'OS_USER_DOMAIN_ID', 'OS_DEFAULT_DOMAIN'),
    ...given('projectName', 'OS_PROJECT_NAME', 'OS_TENANT_NAME'),
    ...given('projectId', 'OS_PROJECT_ID', 'OS_TENANT_ID'),
    ...given('projectDomainName', 'OS_PROJECT_DOMAIN_NAME', 'OS_DEFAULT_DOMAIN_NAME'),
    ...given('projectDomainId', 'OS_PROJECT_DOMAIN_ID', 'OS_DEFAULT_DOMAIN'),
    ...given('domainName', 'OS_DOMAIN_NAME'),
    ...given('domainId', 'OS_DOMAIN_ID'),
    ...given('systemScope', 'OS_SYSTEM_SCOPE'),
    ...given('token', 'OS_TOKEN', 'OS_AUTH_TOKEN'),
    ...given('applicationCredentialId', 'OS_APPLICATION_CREDENTIAL_ID'),
    ...given('applicationCredentialName', 'OS_APPLICATION_CREDENTIAL_NAME'),
    ...given('applicationCredentialSecret', 'OS_APPLICATION_CREDENTIAL_SECRET'),
  }
}

/** How to talk to the service; these hold also when a cloud is named. */
export function connectionIn(env: Environment): CloudSettings {
  const given = reader(env)
  return {
    ...given('region', 'OS_REGION_NAME'),
    ...given('interface', 'OS_INTERFACE', 'OS_ENDPOINT_TYPE'),
    ...given('cacert', 'OS_CACERT'),
    ...given('apiVersion', 'OS_SHARE_API_VERSION', 'OS_SHARED_FILE_SYSTEM_API_VERSION'),
    ...given(
      'endpoint',
      'OS_SHARED_FILE_SYSTEM_ENDPOINT_OVERRIDE',
      'OS_ENDPOINT_OVERRIDE',
      'OS_MANILA_BYPASS_URL',
      'MANILACLIENT_BYPASS_URL',
    ),
    ...(/^(1|true|yes|on)$/i.test(env.OS_INSECURE ?? '') ? { insecure: true } : {}),
  }
}

const reader =
  (env: Environment) =>
  (field: keyof CloudSettings, ...names: readonly string[]): CloudSettings => {
    const name = names.find((one) => (env[one] ?? '') !== '')
    return name === undefined ? {} : { [field]: env[name] }
  }
