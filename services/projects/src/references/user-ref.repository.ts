/** SQL for a `Person` (see fields.schemas.ts) out of a row of `user_refs`, which costs the list no further statement. */
export function personSql(alias: string): string {
  return `json_build_object(
    'id', ${alias}.id,
    'display_name', ${alias}.display_name,
    'avatar_url', ${alias}.avatar_url
  )`;
}
