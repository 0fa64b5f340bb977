import { ApiError } from '@hivesync/contracts';
import { namesVersion, type TagList, type Version, versionTag } from './entity-tag.ts';

/** What a caller demands of the resource that their request changes. */
export interface Precondition {
  /**
   * Call it with the version behind the lock under which the change is made.
   * @throws ApiError PRECONDITION_FAILED with the tag of this version, where the caller named others.
   */
  require(version: Version): void;
}

/** The `If-Match` of one request; without one, every version will do. */
export class IfMatch implements Precondition {
  readonly #tags: TagList | null;
  #asked = false;

  constructor(tags: TagList | null) {
    this.#tags = tags;
  }

  /** Whether the caller named versions that nobody has compared so far. */
  get ignored(): boolean {
    return this.#tags !== null && !this.#asked;
  }

  require(version: Version): void {
    this.#asked = true;
    if (this.#tags !== null && !namesVersion(this.#tags, version)) throw preconditionFailed(version);
  }
}

/** The 412 for a resource that has moved on to `version`. */
function preconditionFailed(version: Version): ApiError {
  return new ApiError('PRECONDITION_FAILED', { headers: { etag: versionTag(version) } });
}
