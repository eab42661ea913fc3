export interface Login {
  readonly username: string
  readonly password: string
}

/** Null where there is no user. */
export function login(username: string | null, password: string | null): Login | null {
  return username === null || password === null ? null : { username, password }
}

/** Value of the header Authorization: the bearer token where there is one, else basic auth; null with neither. */
export function authorization(user: Login | null, bearerToken: string | null): string | null {
  if (bearerToken !== null) return `Bearer ${bearerToken}`
  if (user === null) return null
  return `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`
}
