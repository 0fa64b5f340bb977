// Generated from the service’s openapi.json by `npm run generate`. Do not edit.

export interface paths {
    "/api/v1/admin/tier-limits/{tier}/{limit_key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set what a tier may use of one thing
         * @description Told to other services as `billing.tier_limit.changed`, and recorded in the audit log. For administrators.
         */
        put: operations["setTierLimit"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/billing/subscription": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read my subscription
         * @description For anybody with an access token.
         */
        get: operations["readSubscription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tier-limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what each tier may use
         * @description All of it in one page: three tiers of a few keys each. For anybody with an access token.
         */
        get: operations["listTierLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events of this service after a position, in order
         * @description For services of the platform.
         */
        get: operations["readEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/integrity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare references with what their owners say, and write what is stale or missing
         * @description For services of the platform.
         */
        post: operations["auditReferences"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/integrity/deletions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete what refers to ids that their owner does not have
         * @description By the policy that each column declares, in the background. For services of the platform.
         */
        post: operations["beginDeletions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/integrity/departing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Every row that the deletion of some ids removes or changes here, as lines of JSON
         * @description For services of the platform.
         */
        post: operations["exportDeparting"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/tier-limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what each tier may use
         * @description For services to start from; changes follow as `billing.tier_limit.changed`. For services of the platform.
         */
        get: operations["readTierLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/users/{user_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything held on a user, as lines of JSON
         * @description For services of the platform.
         */
        get: operations["exportUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AuditReferencesBody: {
            /** @description `next` of the slice before */
            after?: string;
            /**
             * @description Only references to things of this kind
             * @enum {string}
             */
            aggregate?: "identity.user" | "projects.project" | "workers.node";
            /** @default 60 */
            grace_seconds: number;
            /**
             * @description Write what is stale or missing. Deletions are an operation of their own
             * @default false
             */
            repair: boolean;
            /**
             * @description How long a slice looks at rows; the grace comes on top where something is found
             * @default 30
             */
            seconds: number;
        };
        BeginDeletionsBody: {
            /** @enum {string} */
            aggregate: "identity.user" | "projects.project" | "workers.node";
            ids: string[];
        };
        ExportDepartingBody: {
            /** @enum {string} */
            aggregate: "identity.user" | "projects.project" | "workers.node";
            ids: string[];
        };
        Problem: {
            /** @description Stable; see the catalogue of error codes */
            code: string;
            detail?: string;
            errors?: {
                message: string;
                /** @description `body`, `query`, `path` or `header`, and the place in it: `body/updates/3/title`, `query/limit`, `path/task_id`, `header/if-match`. After `body` follows a JSON Pointer */
                path: string;
            }[];
            /** @description Path of the request */
            instance: string;
            request_id: string;
            status: number;
            title: string;
            /**
             * Format: uri
             * @description Identifies the kind of problem; follows from `code`
             */
            type: string;
        } & {
            [key: string]: unknown;
        };
        SetTierLimitBody: {
            value: number;
        };
        /** @description The subscription in force. Who has none is on the free tier: all but `tier` is null. */
        Subscription: {
            created_at: string | null;
            ends_at: string | null;
            id: string | null;
            renews_at: string | null;
            status: ("active" | "past_due" | "canceled" | "paused" | "expired") | null;
            /**
             * @description What an account has subscribed to
             * @enum {string}
             */
            tier: "free" | "pro" | "premium";
            updated_at: string | null;
        };
        TierLimit: {
            /**
             * @description What is limited
             * @enum {string}
             */
            limit_key: "previews_per_hour" | "previews_concurrent" | "snapshots_per_preview" | "snapshot_max_bytes" | "ai_docs_per_hour" | "ai_doc_max_bytes" | "attachment_max_bytes" | "attachments_per_task" | "projects_owned" | "members_per_project" | "tasks_per_project" | "api_requests_per_minute" | "searches_per_minute" | "queue_priority" | "gpu";
            /**
             * @description What an account has subscribed to
             * @enum {string}
             */
            tier: "free" | "pro" | "premium";
            /** Format: date-time */
            updated_at: string;
            /** @description Bytes, items or requests, as the key says; `gpu` is 0 or 1 */
            value: number;
        };
        TierLimitPage: {
            items: components["schemas"]["TierLimit"][];
            /** @description Null on the last page */
            next_cursor: string | null;
            /** @description With `include_total=true` */
            total?: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    setTierLimit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description What is limited */
                limit_key: "previews_per_hour" | "previews_concurrent" | "snapshots_per_preview" | "snapshot_max_bytes" | "ai_docs_per_hour" | "ai_doc_max_bytes" | "attachment_max_bytes" | "attachments_per_task" | "projects_owned" | "members_per_project" | "tasks_per_project" | "api_requests_per_minute" | "searches_per_minute" | "queue_priority" | "gpu";
                /** @description What an account has subscribed to */
                tier: "free" | "pro" | "premium";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "value": 50
                 *     }
                 */
                "application/json": components["schemas"]["SetTierLimitBody"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TierLimit"];
                };
            };
            /** @description VALIDATION_FAILED, MALFORMED_JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description ADMIN_ONLY */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PRECONDITION_UNSUPPORTED */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description BODY_TOO_LARGE */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SHUTTING_DOWN, DATABASE_UNAVAILABLE, UPSTREAM_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The subscription in force. Who has none is on the free tier: all but `tier` is null. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SHUTTING_DOWN, DATABASE_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTierLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TierLimitPage"];
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SHUTTING_DOWN, DATABASE_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readEvents: {
        parameters: {
            query?: {
                /** @description Position of the last event that is applied */
                after?: string;
                /** @description Events at most */
                limit?: number;
                /** @description Seconds to wait for a first event */
                wait?: number;
            };
            header?: {
                /** @description The epoch of `after`, as it came with that event. Not told by a reader of an earlier release */
                "feed-epoch"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Position of the last event that can be read; null when there is none */
                        head: string | null;
                        /** @description Events that are committed, but held back by a transaction that runs for longer */
                        held?: {
                            /** @description About how many events wait; 0 is exact */
                            events: number;
                            /** @description Since the first of them happened */
                            seconds: number;
                        };
                        items: {
                            /** @description Second half of the position, see `feed-epoch` */
                            epoch?: string;
                            event: unknown;
                            position: string;
                        }[];
                        /** @description About how many events follow this page; 0 is exact */
                        remaining: number;
                    };
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description FEED_SET_BACK */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SHUTTING_DOWN, DATABASE_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    auditReferences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AuditReferencesBody"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Ids whose rows would have to go */
                        deletions: {
                            /** @enum {string} */
                            aggregate: "identity.user" | "projects.project" | "workers.node";
                            /** @description Rows by `table.column`, as in the findings */
                            columns: {
                                column: string;
                                count: number;
                            }[];
                            /** Format: uuid */
                            id: string;
                            /** @enum {string} */
                            kind: "dangling" | "stale" | "missing" | "unswept" | "unmet" | "buried";
                            /**
                             * @description Whose rows they are
                             * @enum {string}
                             */
                            service: "identity" | "projects" | "previews" | "billing" | "workers" | "audit";
                            /** @description Refused: the id is younger than everything that its owner has, so the owner was probably restored from an older state */
                            set_back: boolean;
                        }[];
                        /** @description References looked at */
                        examined: number;
                        findings: {
                            /** @enum {string} */
                            aggregate: "identity.user" | "projects.project" | "workers.node";
                            /** @description `table.column`; of a reference table where no other row is concerned */
                            column: string;
                            /** @description Rows */
                            count: number;
                            /** @enum {string} */
                            kind: "dangling" | "stale" | "missing" | "unswept" | "unmet" | "buried";
                            /** @description Of them */
                            repaired: number;
                            /** @description Ids of the aggregate that is referred to */
                            samples: string[];
                            /**
                             * @description Whose column it is
                             * @enum {string}
                             */
                            service: "identity" | "projects" | "previews" | "billing" | "workers" | "audit";
                        }[];
                        /** @description Null where all is looked at */
                        next: string | null;
                    };
                };
            };
            /** @description MALFORMED_JSON, VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PRECONDITION_UNSUPPORTED */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description BODY_TOO_LARGE */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description DATABASE_UNAVAILABLE, SHUTTING_DOWN, UPSTREAM_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    beginDeletions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BeginDeletionsBody"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whose deletion has begun */
                        ids: string[];
                    };
                };
            };
            /** @description MALFORMED_JSON, VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PRECONDITION_UNSUPPORTED */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description BODY_TOO_LARGE */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description DATABASE_UNAVAILABLE, SHUTTING_DOWN, UPSTREAM_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportDeparting: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportDepartingBody"];
            };
        };
        responses: {
            /** @description application/x-ndjson: `{ table, row }` a line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description MALFORMED_JSON, VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PRECONDITION_UNSUPPORTED */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description BODY_TOO_LARGE */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SHUTTING_DOWN, DATABASE_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readTierLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TierLimitPage"];
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SHUTTING_DOWN, DATABASE_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the user */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description application/x-ndjson: `{ table, row }` a line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SHUTTING_DOWN, DATABASE_UNAVAILABLE */
            503: {
                headers: {
                    /** @description Seconds to wait before trying again, where that is known */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
