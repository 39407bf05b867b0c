// Written by `npm run client` from openapi.json.
export interface paths {
    "/api/v1/auth/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is this, and is the session still good? */
        get: operations["getPrincipal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is this, and is the session still good? */
        get: operations["getPrincipal_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/signout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out on this device
         * @description Also succeeds when the session is over already, and then tells how it ended. Cookies are cleared, also those that tell nothing any more.
         */
        post: operations["signOutOfSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out on this device
         * @description Also succeeds when the session is over already, and then tells how it ended. Cookies are cleared, also those that tell nothing any more.
         */
        post: operations["signOutOfSession_logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign out on every device, this one too */
        post: operations["signOutEverywhere"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count the live sessions of the account */
        get: operations["countSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create an account and sign in */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/signin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in on this device
         * @description A session of the same browser, or of the same `device_id`, ends with reason `replaced`. At the session limit the policy decides: the oldest or least used one ends with reason `limit`, or the sign-in is refused, or (`ask`) refused with a `ticket` and the `sessions` to choose from. The tokens come in the body and as cookies, unless `transport` says which: `cookie` keeps them from scripts, `bearer` sets no cookies.
         */
        post: operations["signInWithPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in on this device
         * @description A session of the same browser, or of the same `device_id`, ends with reason `replaced`. At the session limit the policy decides: the oldest or least used one ends with reason `limit`, or the sign-in is refused, or (`ask`) refused with a `ticket` and the `sessions` to choose from. The tokens come in the body and as cookies, unless `transport` says which: `cookie` keeps them from scripts, `bearer` sets no cookies.
         */
        post: operations["signInWithPassword_login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/signin/continue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Finish a sign-in by ending one of the other sessions
         * @description With the ticket of a sign-in that found all places taken; good for five minutes and once.
         */
        post: operations["continueSignIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/shares/redeem": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a session that somebody has shared
         * @description The link works once. The session may only read, and ends with the one it is a share of.
         */
        post: operations["redeemShare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange the refresh token for the next pair
         * @description In the body or as a cookie, which then needs X-CSRF-Token; the answer comes the same way. A token may be used once; for some seconds the same token yields the same next one, so parallel and repeated calls are harmless. Later it is taken for stolen and the session ends.
         */
        post: operations["refreshTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * May this request pass? For reverse proxies
         * @description For the auth request of nginx, Traefik, Caddy and Envoy, with the cookies or the token of the request that it is about.
         *     `Remote-User` (the id of the account), `Remote-Email` and `X-Session-ID` are set on every reply, empty when it is nobody. With
         *     `pages=redirect`, somebody without a session who opens a page in a browser is sent to `SIGN_IN_URL` (302).
         */
        get: operations["verify"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/step-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove the password again
         * @description The session continues, fresh, under a new id; the old one ends with reason `replaced`.
         */
        post: operations["stepUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/profile/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose another password
         * @description Every other session ends with reason `password_change`; this one continues under a new id. Answered 202 while that is not proven on every instance.
         */
        put: operations["changePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the own account
         * @description Cached for 30 minutes, and never older than the last change; `X-Cache` says `hit` or `miss`. Without Redis every request is a miss.
         */
        get: operations["getProfile"];
        /**
         * Change the own account
         * @description What is left out stays; null removes a username or name. Another e-mail address needs a password proven lately. By the answer every instance shows the new values; 202 while that is not proven.
         */
        put: operations["changeProfile"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/profile/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the own picture
         * @description `avatar_url` of the profile serves the same without a session, and may be kept for ever.
         */
        get: operations["getAvatar"];
        put?: never;
        /**
         * Choose a picture
         * @description A PNG, JPEG, WebP or GIF image of at most 2 MiB and 4096 pixels on each side, as the field `avatar`. Of a moving one the first frame counts. It is cut to a square, made a WebP of 256 by 256 pixels, and loses all metadata.
         */
        post: operations["setAvatar"];
        /**
         * Remove the picture
         * @description May be repeated.
         */
        delete: operations["removeAvatar"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/avatars/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a picture by its address
         * @description Another picture has another address, so whoever has one may keep it for ever.
         */
        get: operations["getImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the sessions of the account that are over
         * @description Newest sign-in first, each with how and when it ended. `Link: rel="next"` leads to the next page.
         */
        get: operations["listHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened to the account
         * @description Sign-ins, refused ones, ends of sessions and whatever was unusual, newest first.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count how the account is used
         * @description Days are UTC; days, devices and networks are those of the last 30 days.
         */
        get: operations["analyse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the shares of the account, newest first */
        get: operations["listShares"];
        put?: never;
        /**
         * Let somebody look at this session for a while
         * @description The link is shown once and works once. The session it opens may only read, ends with this one, and can be neither extended nor shared on.
         */
        post: operations["share"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/shares/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a share and the session it has opened */
        delete: operations["endShare"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a proof-of-work challenge
         * @description In the form that ALTCHA widgets read. A refusal with `CHALLENGE_REQUIRED` names action and account, and holds a first challenge. An answer is good for one attempt within two minutes.
         */
        get: operations["getChallenge"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the live sessions of the account, newest first */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        /**
         * End all sessions of the account but the one of this request
         * @description The kept session is that of the verified token; no header or parameter changes that.
         */
        delete: operations["endOtherSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/active": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the live sessions of the account, newest first */
        get: operations["listSessions_active"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the session of this request */
        get: operations["getCurrentSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one session of the account
         * @description May be repeated. A session of another account is answered like one that does not exist. Ending another session than the own needs a password proven lately.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oauth/introspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Is this token good, and whose is it? (RFC 7662)
         * @description Goes through the same check as a request. A token that is dead, unknown or foreign is answered `{"active": false}` and nothing else; when nobody can vouch, 503. Refresh tokens are told of to applications only.
         */
        post: operations["introspect"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oauth/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a token (RFC 7009)
         * @description An access token alone, or with a refresh token its whole session. A token that is dead or unknown is answered like one that was revoked. 202 while it is not proven on every instance: repeat the call.
         */
        post: operations["revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/revocations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow what tokens are dead before their time
         * @description Ended sessions, revoked tokens and withdrawn keys, for services that verify tokens by themselves. Keep what is listed until
         *     `expires_at` and refuse a token, though its signature is good and it has not expired, if any of these holds:
         *
         *     - `sid` is a `session_id` of kind `session`; `jti` is a `jti` of kind `token`; its `kid` is one of kind `key`
         *     - `sub` is the `user_id` of an entry of kind `user`, and `iat` is before its `issued_before`
         *
         *     The entry of kind `user` is a fence: the sessions that it ended are listed one by one, too. Nothing else is needed, and no
         *     clock but for `expires_at`. Without `after` the list has everything that still matters; go on with `next`, at once while
         *     `has_more`. What is repeated is harmless. 410 `CURSOR_GONE`: the cursor is of another database, or what followed it is
         *     removed; begin without it, and nothing that matters is missing. With `Accept: text/event-stream` the same comes as
         *     Server-Sent Events, the cursor as `id`; `event: reset` stands for 410 and everything that matters follows.
         */
        get: operations["list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the process alive?
         * @description Asks no store; restart the process if this fails.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Should this instance get traffic?
         * @description `degraded` serves everything; 503 means that it cannot, or that it is shutting down.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how the installation works
         * @description Readers of the event log: what follows a change some time later, and how far behind each is. Instances as the database knows them; `silent_ms` is for how long the one that answers has not seen it publish, and one is removed an hour after its end. Feed, stores, connections and last runs of jobs are those of the instance that answers; where a worker does the jobs there are none.
         */
        get: operations["show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the settings of the instance that answers
         * @description As they were understood at its start; of secrets only whether they are set.
         */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show what was counted, over time
         * @description A value for each bucket, zero where nothing happened, at most 2,000 buckets at once. Counts follow the event log by about a second; `lag_seconds` tells by how much now. `session_length` (seconds) has a mean, and quantiles that are exact to the classes that lengths are counted in; `active_sessions` is how many were live when the bucket ended; `cache_hit_rate` is the part of answers that needed no Postgres. Of these three `total` is the value over the whole time, and null where there was nothing to measure. `sign_in_failures` are those of accounts that exist, `users_signed_in` counts each user once per bucket (so its total counts users of several buckets several times), and `limit_hits` is a sample: of each instance the first of each subject and minute, ten a minute at most.
         */
        get: operations["analyse_analytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how many are signed in, and what happened lately
         * @description The last hour is the five minutes that are running and the eleven times five before, the last day in the same way. `active` is counted anew every two seconds at most, and less often where there are very many. `revocations.feed_age_ms` is how old the knowledge of the instance that answers is, `lag_ms` for how long it has not heard of the one that is furthest behind; fenced ones, which nobody waits for, are left out.
         */
        get: operations["showStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search users, newest first
         * @description `q` is a whole id, or how e-mail address, username or full name begin. `locked` are those for whom attempts to sign in have to wait after failures, at least from somewhere.
         */
        get: operations["searchUsers"];
        put?: never;
        /**
         * Create a user
         * @description Whoever signs in has to choose another password first. Without a password one is made and shown here, once.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a user */
        get: operations["showUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End all sessions of a user and let nobody sign in
         * @description The sessions end with reason `user_disabled`. The last administrator cannot be disabled. Answered 202 while that is not proven on every instance; may be repeated until it is.
         */
        post: operations["disableUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a disabled user sign in again
         * @description Sessions that have ended stay ended.
         */
        post: operations["enableUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/role": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Make a user an administrator, or one no longer
         * @description Whoever loses the role is refused with the next request; whoever gets it has to sign in anew. The last administrator cannot lose it. Answered 202 while that is not proven on every instance; may be repeated until it is.
         */
        put: operations["changeRole"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/require-password-change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End all sessions of a user and ask for another password
         * @description The sessions end with reason `admin`. Signing in works, but until another password is chosen everything else is refused with PASSWORD_CHANGE_REQUIRED. Answered 202 while that is not proven on every instance; may be repeated until it is.
         */
        post: operations["requirePasswordChange"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/unlock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End all waits after failed sign-ins of a user */
        post: operations["unlockUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the live sessions of a user, newest first */
        get: operations["listSessionsOfUser"];
        put?: never;
        post?: never;
        /**
         * End all sessions of a user
         * @description They end with reason `admin`. Answered 202 while that is not proven on every instance; may be repeated until it is.
         */
        delete: operations["signOutUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the sessions of a user that are over, newest sign-in first */
        get: operations["listHistoryOfUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened to a user, newest first
         * @description Whatever the log knows; `details` name the administrator (`by`) and the reason (`note`).
         */
        get: operations["listEventsOfUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/sessions/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End all live sessions that meet a filter
         * @description With `dry_run` it counts them and shows some (200). Without, the order is taken (202) and carried out at once: sessions that begin later stay, and so does the session that asks. `expected_count` refuses the order with CONFLICT if another number matches. Shares end with their sessions and are counted only if they match themselves.
         */
        post: operations["endSessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/sessions/ends/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show how far an order to end sessions is */
        get: operations["showOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search sessions of everybody, newest first
         * @description A page is given out when it is full or 60,000 sessions have been looked at: it may hold fewer than asked for, even none, and yet lead to a next one. The list is complete when `next_page_token` is null.
         */
        get: operations["searchSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a session of anybody */
        get: operations["showSession"];
        put?: never;
        post?: never;
        /**
         * End a session of anybody
         * @description It ends with reason `admin`. Answered 202 while that is not proven on every instance; may be repeated until it is.
         */
        delete: operations["endAnySession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the shares that are good for something, newest first */
        get: operations["listAllShares"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/shares/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a share of anybody and the session it has opened */
        delete: operations["endAnyShare"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show who did what to whom, newest first
         * @description What happened shows within a second or so. `reason` is what the administrator gave. With more than one of actor, user, session and type a page may hold fewer than asked for, even none, and yet lead to a next one; the list is complete when `next_page_token` is null.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export who did what to whom, oldest first
         * @description One record a line (JSON Lines), as in the list; up to now. That it was exported, and what was asked for, is itself recorded. A reply that breaks off is incomplete: ask for the rest with `from`.
         */
        get: operations["exportAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/audit/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how far the audit reaches and what its last verification said
         * @description It is verified by the command `audit verify`, not here: that reads every record. `length` and `head`, kept elsewhere, let a later verification notice that the audit was set back.
         */
        get: operations["showVerification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch what happens, live
         * @description Every event of the log as soon as it is committed (Server-Sent Events), each with a cursor as `id`. Who comes back with it as `Last-Event-ID`, or as `after` on whatever instance, gets everything since, once. Without one it begins now. Events of transactions that knew nothing of each other may come in any order, all others in theirs. `event: reset` says that the cursor leads nowhere any more (another database, or removed events): what was missed is not told, and the stream goes on from now. A comment or an `id` alone comes at least every 15 s. The stream ends with the token that opened it, or when the session or the role does (`event: closed` with the code of the refusal), and when the instance stops; it counts as no use of the session.
         */
        get: operations["watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the keys that sign tokens, newest first */
        get: operations["listKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let the successor sign from now on
         * @description Tokens of the key before stay good. 409 while services that keep the published keys may not know the successor.
         */
        post: operations["rotateKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/keys/{kid}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse every token of a key that somebody else may have
         * @description Within a second or so on every instance; people refresh and notice nothing, except that whoever called this has to refresh, too. May be repeated.
         */
        post: operations["withdrawKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/rate-limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the limits, and how somebody stands to one
         * @description `standing` is told for `policy` and `subject`: an address (`global`, `auth`, `challenge`; of IPv6 its /64 and /48), the id of a user (`user`), or an e-mail address or username (`account`: failures of all strangers together). Asking counts for nothing. While Redis is away it is what the instance that answers has counted.
         */
        get: operations["listLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/rate-limits/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forget what is counted about somebody
         * @description Everywhere where Redis counts; another instance may go on refusing for a minute what it has refused before. `reaches: this_instance`: Redis is away or not configured, each instance counts by itself, and only the one that answers has forgotten. `account` is forgotten everywhere, always.
         */
        post: operations["resetLimit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the webhooks, in the order of their making */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Tell a service of events
         * @description As [Standard Webhooks](https://www.standardwebhooks.com), of everything that happens from now on. The secret is shown here and never again. `events` are types of events, all of a kind (`session.*`), or everything (`*`). 409 beyond twenty.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a webhook, and how it stands */
        get: operations["showWebhook"];
        /**
         * Change what a webhook is told, and where
         * @description What is not named stays. What waits to be delivered goes to the new address.
         */
        put: operations["changeWebhook"];
        post?: never;
        /** Remove a webhook with everything that waits for it */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send nothing more to a webhook
         * @description What waits stays. What happens meanwhile is not queued; to have it sent, enable it and replay what was missed.
         */
        post: operations["disableWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on sending to a webhook
         * @description Begins with what waits, and forgets failures.
         */
        post: operations["enableWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook another secret
         * @description Shown here and never again. The secret before signs, too, for `overlap_seconds` (a day); 0 if somebody else may have it.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the deliveries of a webhook, newest first
         * @description Those that are over are kept for `WEBHOOK_HISTORY_DAYS`. `waiting` are behind another one of the same session.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/deliveries/{delivery}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show what became of a delivery */
        get: operations["showDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/deliveries/{delivery}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery once more
         * @description Under the same `webhook-id`. One that waits for its next try is tried at once. 409 while the webhook is disabled.
         */
        post: operations["replayDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send many deliveries once more
         * @description `dead`: those that were given up. `missed`: also what happened since then and was never queued, as while the webhook was disabled. `all`: also what was delivered. If `continue_from` is a time, there is more: ask again with it as `since`.
         */
        post: operations["replayDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{id}/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a webhook a message that means nothing
         * @description Of type `webhook.ping`, at once, also if it is failing; look at the delivery a moment later. 409 while it is disabled.
         */
        post: operations["pingWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Public keys that verify access tokens (RFC 7517)
         * @description Key that signs, its successor and those whose last tokens may be alive. 304 to `If-None-Match`.
         */
        get: operations["getKeySet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/oauth-authorization-server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where tokens are checked and how (RFC 8414) */
        get: operations["getMetadata"];
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
        Principal: {
            user: components["schemas"]["User"];
            session: components["schemas"]["SessionSummary"];
        };
        User: {
            id: string;
            email: string | null;
            username: string | null;
            full_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
        };
        SessionSummary: {
            id: string;
            /** @enum {string} */
            profile: "standard" | "strict" | "admin" | "remember";
            /** @enum {string} */
            scope: "full" | "read" | "password";
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            authenticated_at: string;
            /** Format: date-time */
            idle_expires_at: string;
            /** Format: date-time */
            expires_at: string;
        };
        SignedOut: {
            message: string;
            end_reason: string | null;
            /** Format: date-time */
            ended_at: string | null;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        SignedOutEverywhere: {
            message: string;
            sessions_deleted: number;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        SessionCount: {
            active_sessions: number;
            redis_available: boolean;
        };
        /**
         * @example {
         *       "email": "ann@example.com",
         *       "password": "seven plain words make a phrase",
         *       "full_name": "Ann Example"
         *     }
         */
        RegisterRequest: {
            email: string;
            password: string;
            username?: string;
            full_name?: string;
            /** @enum {string} */
            transport?: "bearer" | "cookie";
            /** @enum {string} */
            profile?: "standard" | "strict" | "remember";
            device_id?: string;
        };
        SignedIn: {
            user: components["schemas"]["User"];
            session: components["schemas"]["SessionSummary"];
            access_token?: string;
            /** @enum {string} */
            token_type?: "Bearer";
            refresh_token?: string;
            expires_in: number;
        };
        /**
         * @example {
         *       "email": "ann@example.com",
         *       "password": "seven plain words make a phrase"
         *     }
         */
        SignInRequest: {
            email?: string;
            username?: string;
            password: string;
            /** @enum {string} */
            transport?: "bearer" | "cookie";
            /** @enum {string} */
            profile?: "standard" | "strict" | "remember";
            device_id?: string;
            altcha?: string;
        };
        /**
         * @example {
         *       "ticket": "eyJ1c2VyIjoiLi4uIn0.c2lnbmF0dXJl",
         *       "end_session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857"
         *     }
         */
        ContinueSignInRequest: {
            ticket: string;
            end_session_id: string;
            /** @enum {string} */
            transport?: "bearer" | "cookie";
        };
        SessionReplaced: {
            user: components["schemas"]["User"];
            session: components["schemas"]["SessionSummary"];
            access_token?: string;
            /** @enum {string} */
            token_type?: "Bearer";
            refresh_token?: string;
            expires_in: number;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        /**
         * @example {
         *       "token": "mF_9.B5f-4.1JqM",
         *       "transport": "bearer"
         *     }
         */
        RedeemShareRequest: {
            token: string;
            /** @enum {string} */
            transport?: "bearer" | "cookie";
        };
        /**
         * @example {
         *       "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…"
         *     }
         */
        RefreshRequest: {
            refresh_token?: string;
        };
        Verified: {
            user_id: string;
            session_id: string;
        };
        /**
         * @example {
         *       "password": "seven plain words make a phrase"
         *     }
         */
        StepUpRequest: {
            password: string;
        };
        /**
         * @example {
         *       "current_password": "seven plain words make a phrase",
         *       "new_password": "another phrase of seven plain words"
         *     }
         */
        PasswordChangeRequest: {
            current_password: string;
            new_password: string;
        };
        Profile: {
            id: string;
            email: string;
            username: string | null;
            full_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** Format: uri */
            avatar_url: string | null;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * @example {
         *       "full_name": "Ann Example"
         *     }
         */
        ProfileRequest: {
            email?: string;
            username?: string | null;
            full_name?: string | null;
        };
        ProfileChanged: {
            id: string;
            email: string;
            username: string | null;
            full_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** Format: uri */
            avatar_url: string | null;
            /** Format: date-time */
            created_at: string;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        SessionHistory: {
            sessions: components["schemas"]["OverSession"][];
            count: number;
            next_page_token: string | null;
        };
        OverSession: {
            id: string;
            user_id: string;
            email: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_access: string;
            /** Format: date-time */
            expires_at: string;
            ip_address: string;
            user_agent: string | null;
            device: {
                browser: string | null;
                os: string | null;
                /** @enum {string} */
                kind: "desktop" | "mobile" | "tablet" | "tv" | "bot" | "other";
            };
            request_count: number;
            ips_used: string[];
            duration_seconds: number;
            is_active: boolean;
            is_current: boolean;
            parent_id: string | null;
            label: string | null;
            end_reason: string;
            /** Format: date-time */
            ended_at: string;
        };
        SecurityEventList: {
            events: components["schemas"]["SecurityEvent"][];
            count: number;
            next_page_token: string | null;
        };
        SecurityEvent: {
            id: string;
            type: string;
            /** Format: date-time */
            at: string;
            session_id: string | null;
            details: {
                [key: string]: unknown;
            };
        };
        OwnAnalytics: {
            active_sessions: number;
            total_sessions: number;
            /** Format: date-time */
            last_login_at: string | null;
            sign_ins_per_day: {
                /** Format: date */
                date: string;
                count: number;
            }[];
            by_device: {
                name: string;
                count: number;
            }[];
            by_network: {
                name: string;
                count: number;
            }[];
        };
        /**
         * @example {
         *       "minutes": 30,
         *       "label": "Support, Bob"
         *     }
         */
        ShareRequest: {
            minutes: number;
            label: string;
        };
        NewShare: {
            id: string;
            label: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            redeemed_at: string | null;
            /** Format: date-time */
            revoked_at: string | null;
            session_id: string | null;
            token: string;
            link: string;
        };
        ShareList: {
            shares: components["schemas"]["Share"][];
            count: number;
        };
        Share: {
            id: string;
            label: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            redeemed_at: string | null;
            /** Format: date-time */
            revoked_at: string | null;
            session_id: string | null;
        };
        EndedShare: {
            id: string;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        SessionList: {
            sessions: components["schemas"]["Session"][];
            count: number;
        };
        Session: {
            id: string;
            user_id: string;
            email: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_access: string;
            /** Format: date-time */
            expires_at: string;
            ip_address: string;
            user_agent: string | null;
            device: {
                browser: string | null;
                os: string | null;
                /** @enum {string} */
                kind: "desktop" | "mobile" | "tablet" | "tv" | "bot" | "other";
            };
            request_count: number;
            ips_used: string[];
            duration_seconds: number;
            is_active: boolean;
            is_current: boolean;
            parent_id: string | null;
            label: string | null;
        };
        EndedSession: {
            id: string;
            end_reason: string;
            /** Format: date-time */
            ended_at: string;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        OtherSessionsEnded: {
            terminated: number;
            kept: number;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        /**
         * @example {
         *       "token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9…"
         *     }
         */
        TokenForm: {
            token: string;
            token_type_hint?: string;
            client_id?: string;
            client_secret?: string;
        };
        Introspection: {
            active: boolean;
            /** @enum {string} */
            token_type?: "Bearer" | "refresh_token";
            sub?: string;
            sid?: string;
            username?: string;
            client_id?: string;
            iss?: string;
            aud?: string;
            jti?: string;
            iat?: number;
            exp?: number;
            auth_time?: number;
            amr?: string[];
        };
        TokenRevoked: {
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        RevocationList: {
            revocations: components["schemas"]["Revocation"][];
            next: string;
            has_more: boolean;
        };
        Revocation: {
            /** @enum {string} */
            kind: "session" | "user" | "token" | "key";
            user_id: string | null;
            session_id: string | null;
            jti: string | null;
            kid: string | null;
            /** Format: date-time */
            issued_before: string | null;
            reason: string;
            /** Format: date-time */
            at: string;
            /** Format: date-time */
            expires_at: string;
            cursor: string;
        };
        System: {
            readers: {
                name: string;
                /** Format: date-time */
                oldest_unread_at: string | null;
                lag_seconds: number;
            }[];
            instances: {
                id: string;
                name: string;
                /** Format: date-time */
                started_at: string;
                is_this_one: boolean;
                is_fenced: boolean;
                silent_ms: number;
                transactions_behind: number | null;
            }[];
            jobs: {
                name: string;
                /** Format: date-time */
                last_run_at: string;
                has_succeeded: boolean;
            }[];
            feed: {
                age_ms: number;
                mode: string;
            };
            redis: {
                configured: boolean;
                available: boolean;
                /** @enum {string} */
                breaker: "closed" | "open";
            };
            postgres: {
                pool: {
                    total: number;
                    idle: number;
                    waiting: number;
                };
                /** @enum {string} */
                breaker: "closed" | "open";
            };
        };
        Settings: {
            settings: {
                [key: string]: unknown;
            };
        };
        Analytics: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            /** @enum {string} */
            bucket: "5m" | "1h" | "1d";
            buckets: string[];
            series: components["schemas"]["AnalyticsSeries"][];
            lag_seconds: number;
        };
        AnalyticsSeries: {
            /** @enum {string} */
            metric: "sessions_started" | "sessions_ended" | "session_length" | "sign_ins" | "sign_in_failures" | "users_signed_in" | "users_created" | "browsers" | "operating_systems" | "device_kinds" | "limit_hits" | "active_sessions" | "session_checks" | "profile_reads" | "cache_hit_rate";
            label: string | null;
            total: number | null;
            values: (number | null)[];
        };
        Stats: {
            /** Format: date-time */
            at: string;
            active: {
                sessions: number;
                users: number;
                /** Format: date-time */
                counted_at: string;
            };
            last_hour: components["schemas"]["RecentActivity"];
            last_24_hours: components["schemas"]["RecentActivity"];
            lag_seconds: number;
            revocations: {
                feed_age_ms: number;
                lag_ms: number | null;
                instances: number;
                mode: string;
            };
        };
        RecentActivity: {
            sign_ins: number;
            sign_in_failures: number;
            users_created: number;
            sessions_started: number;
            sessions_ended: number;
            sessions_ended_by_reason: {
                [key: string]: number;
            };
            limit_hits: number;
            limit_hits_by_policy: {
                [key: string]: number;
            };
            cache_hit_rate: {
                session: number | null;
                profile: number | null;
            };
        };
        AccountList: {
            users: components["schemas"]["Account"][];
            count: number;
            next_page_token: string | null;
        };
        Account: {
            id: string;
            email: string;
            username: string | null;
            full_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** @enum {string} */
            state: "active" | "disabled";
            /** Format: date-time */
            disabled_at: string | null;
            /** Format: date-time */
            locked_until: string | null;
            /** Format: date-time */
            password_change_required_at: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_login_at: string | null;
        };
        AccountDetail: {
            id: string;
            email: string;
            username: string | null;
            full_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** @enum {string} */
            state: "active" | "disabled";
            /** Format: date-time */
            disabled_at: string | null;
            /** Format: date-time */
            locked_until: string | null;
            /** Format: date-time */
            password_change_required_at: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_login_at: string | null;
            live_sessions: number;
        };
        /**
         * @example {
         *       "email": "ann@example.com",
         *       "full_name": "Ann Example",
         *       "role": "user"
         *     }
         */
        NewUserRequest: {
            email: string;
            password?: string;
            username?: string;
            full_name?: string;
            /**
             * @default user
             * @enum {string}
             */
            role?: "user" | "admin";
            reason?: string;
        };
        NewAccount: {
            id: string;
            email: string;
            username: string | null;
            full_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** @enum {string} */
            state: "active" | "disabled";
            /** Format: date-time */
            disabled_at: string | null;
            /** Format: date-time */
            locked_until: string | null;
            /** Format: date-time */
            password_change_required_at: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_login_at: string | null;
            generated_password: string | null;
        };
        /**
         * @example {
         *       "reason": "ticket 4711"
         *     }
         */
        ReasonRequest: {
            reason?: string;
        };
        AccountSignedOut: {
            id: string;
            sessions_ended: number;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        /**
         * @example {
         *       "role": "user",
         *       "reason": "has left the team"
         *     }
         */
        RoleRequest: {
            /** @enum {string} */
            role: "user" | "admin";
            reason?: string;
        };
        AccountRoleChanged: {
            id: string;
            email: string;
            username: string | null;
            full_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** @enum {string} */
            state: "active" | "disabled";
            /** Format: date-time */
            disabled_at: string | null;
            /** Format: date-time */
            locked_until: string | null;
            /** Format: date-time */
            password_change_required_at: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_login_at: string | null;
            /** @enum {string} */
            propagation: "complete" | "pending";
        };
        AdminSessionList: {
            sessions: components["schemas"]["AdminSession"][];
            count: number;
            next_page_token: string | null;
        };
        AdminSession: {
            id: string;
            user_id: string;
            email: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_access: string;
            /** Format: date-time */
            expires_at: string;
            ip_address: string;
            user_agent: string | null;
            device: {
                browser: string | null;
                os: string | null;
                /** @enum {string} */
                kind: "desktop" | "mobile" | "tablet" | "tv" | "bot" | "other";
            };
            request_count: number;
            ips_used: string[];
            duration_seconds: number;
            is_active: boolean;
            is_current: boolean;
            parent_id: string | null;
            label: string | null;
            /** @enum {string} */
            state: "live" | "ended" | "expired";
            /** @enum {string} */
            profile: "standard" | "strict" | "admin" | "remember";
            /** @enum {string} */
            scope: "full" | "read" | "password";
            /** Format: date-time */
            idle_expires_at: string;
            end_reason: string | null;
            /** Format: date-time */
            ended_at: string | null;
        };
        /**
         * @example {
         *       "filter": {
         *         "network": "203.0.113.0/24",
         *         "created_after": "2026-11-20T00:00:00Z"
         *       },
         *       "dry_run": false,
         *       "expected_count": 42,
         *       "reason": "ticket 4711"
         *     }
         */
        BulkEndRequest: {
            filter: {
                /** Format: uuid */
                user_id?: string;
                email?: string;
                network?: string;
                browser?: string;
                os?: string;
                /** @enum {string} */
                device_kind?: "desktop" | "mobile" | "tablet" | "tv" | "bot" | "other";
                /** @enum {string} */
                profile?: "standard" | "strict" | "admin" | "remember";
                /** Format: date-time */
                created_after?: string;
                /** Format: date-time */
                created_before?: string;
                /** Format: date-time */
                seen_after?: string;
                /** Format: date-time */
                seen_before?: string;
            };
            dry_run: boolean;
            expected_count?: number;
            reason?: string;
        };
        BulkEndAnswer: {
            count: number;
            sample: components["schemas"]["AdminSession"][];
            order?: {
                id: string;
                /** @enum {string} */
                state: "running" | "done";
                matched: number;
                ended: number;
                failed: number;
                /** @enum {string} */
                propagation: "complete" | "pending";
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                finished_at: string | null;
                created_by: string | null;
                reason: string | null;
            };
        };
        BulkEnd: {
            id: string;
            /** @enum {string} */
            state: "running" | "done";
            matched: number;
            ended: number;
            failed: number;
            /** @enum {string} */
            propagation: "complete" | "pending";
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            finished_at: string | null;
            created_by: string | null;
            reason: string | null;
        };
        AdminShareList: {
            shares: components["schemas"]["AdminShare"][];
            count: number;
            next_page_token: string | null;
        };
        AdminShare: {
            id: string;
            label: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** Format: date-time */
            redeemed_at: string | null;
            /** Format: date-time */
            revoked_at: string | null;
            session_id: string | null;
            user_id: string;
            parent_id: string;
        };
        AuditRecordList: {
            records: components["schemas"]["AuditRecord"][];
            count: number;
            next_page_token: string | null;
        };
        AuditRecord: {
            seq: number;
            event_id: number;
            type: string;
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            actor_kind: "user" | "command" | "system" | "unknown";
            actor_id: string | null;
            user_id: string | null;
            session_id: string | null;
            token_id: string | null;
            reason: string | null;
            ip_address: string | null;
            details: {
                [key: string]: unknown;
            };
            previous_hash: string;
            hash: string;
        };
        AuditVerification: {
            length: number;
            head: string;
            purged: number;
            last_verification: {
                /** Format: date-time */
                at: string;
                whole: boolean;
                checked: number;
                length: number;
                head: string;
                finding: {
                    /** @enum {string} */
                    kind: "altered" | "removed" | "inserted" | "reordered" | "replaced" | "truncated" | "state" | "unrecorded" | "unexpected";
                    seq: number | null;
                    text: string;
                } | null;
            } | null;
        };
        SigningKeyList: {
            keys: components["schemas"]["SigningKey"][];
            count: number;
        };
        SigningKey: {
            kid: string;
            /** @enum {string} */
            alg: "ES256";
            /** @enum {string} */
            state: "next" | "signing" | "retired" | "withdrawn";
            /** Format: date-time */
            published_at: string;
            /** Format: date-time */
            signs_from: string | null;
            /** Format: date-time */
            retired_at: string | null;
            /** Format: date-time */
            withdrawn_at: string | null;
        };
        RateLimits: {
            enabled: boolean;
            policies: components["schemas"]["RateLimitPolicy"][];
            standing: components["schemas"]["RateLimitStanding"][] | null;
        };
        RateLimitPolicy: {
            /** @enum {string} */
            name: "global" | "auth" | "challenge" | "user" | "client" | "account";
            counts: string;
            setting: string;
            limit: number;
            rate: number | null;
            seconds: number;
        };
        RateLimitStanding: {
            counted: string;
            limit: number;
            used: number;
            remaining: number;
            reset_seconds: number;
        };
        /**
         * @example {
         *       "policy": "auth",
         *       "subject": "203.0.113.7"
         *     }
         */
        RateLimitResetRequest: {
            /** @enum {string} */
            policy: "global" | "auth" | "challenge" | "user" | "account";
            subject: string;
            reason?: string;
        };
        RateLimitReset: {
            /** @enum {string} */
            policy: "global" | "auth" | "challenge" | "user" | "client" | "account";
            /** @enum {string} */
            reaches: "all_instances" | "this_instance";
        };
        WebhookList: {
            webhooks: components["schemas"]["Webhook"][];
            count: number;
        };
        Webhook: {
            id: string;
            url: string;
            label: string;
            events: string[];
            /** @enum {string} */
            state: "enabled" | "disabled";
            /** Format: date-time */
            disabled_at: string | null;
            /** @description `administrator`, `gone` (it answered 410) or `failing` (nothing has arrived for five days). */
            disabled_reason: string | null;
            /** Format: date-time */
            failing_since: string | null;
            failures: number;
            /** Format: date-time */
            resumes_at: string | null;
            /** Format: date-time */
            old_secret_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "url": "https://example.com/hooks",
         *       "label": "billing",
         *       "events": [
         *         "session.ended",
         *         "user.*"
         *       ]
         *     }
         */
        NewWebhookRequest: {
            url: string;
            label: string;
            events: string[];
            reason?: string;
        };
        WebhookSecret: {
            id: string;
            url: string;
            label: string;
            events: string[];
            /** @enum {string} */
            state: "enabled" | "disabled";
            /** Format: date-time */
            disabled_at: string | null;
            /** @description `administrator`, `gone` (it answered 410) or `failing` (nothing has arrived for five days). */
            disabled_reason: string | null;
            /** Format: date-time */
            failing_since: string | null;
            failures: number;
            /** Format: date-time */
            resumes_at: string | null;
            /** Format: date-time */
            old_secret_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            secret: string;
        };
        WebhookDetail: {
            id: string;
            url: string;
            label: string;
            events: string[];
            /** @enum {string} */
            state: "enabled" | "disabled";
            /** Format: date-time */
            disabled_at: string | null;
            /** @description `administrator`, `gone` (it answered 410) or `failing` (nothing has arrived for five days). */
            disabled_reason: string | null;
            /** Format: date-time */
            failing_since: string | null;
            failures: number;
            /** Format: date-time */
            resumes_at: string | null;
            /** Format: date-time */
            old_secret_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description Counted up to 10000. */
            unfinished: number;
            /** @description Counted up to 10000. */
            dead: number;
        };
        /**
         * @example {
         *       "events": [
         *         "session.*"
         *       ],
         *       "reason": "also tell of new sessions"
         *     }
         */
        WebhookRequest: {
            url?: string;
            label?: string;
            events?: string[];
            reason?: string;
        };
        WebhookDeleted: {
            id: string;
        };
        /**
         * @example {
         *       "overlap_seconds": 86400
         *     }
         */
        WebhookSecretRotationRequest: {
            /** @default 86400 */
            overlap_seconds?: number;
            reason?: string;
        };
        WebhookDeliveryList: {
            deliveries: components["schemas"]["WebhookDelivery"][];
            count: number;
            next_page_token: string | null;
        };
        WebhookDelivery: {
            id: string;
            message_id: string;
            type: string;
            session_id: string | null;
            /** @enum {string} */
            state: "waiting" | "pending" | "delivered" | "dead";
            /** Format: date-time */
            queued_at: string;
            /** Format: date-time */
            next_try_at: string | null;
            attempts: number;
            last_try: {
                /** Format: date-time */
                at: string;
                status: number | null;
                error: string | null;
                duration_ms: number;
                response: string | null;
            } | null;
            /** Format: date-time */
            finished_at: string | null;
        };
        /**
         * @example {
         *       "what": "missed",
         *       "since": "2026-11-20T09:30:00.000Z"
         *     }
         */
        WebhookReplayRequest: {
            /** @enum {string} */
            what: "dead" | "missed" | "all";
            /** Format: date-time */
            since?: string;
            reason?: string;
        };
        WebhookReplay: {
            queued: number;
            /** Format: date-time */
            continue_from: string | null;
        };
        /** @description RFC 9457 problem details. `code` is stable; `detail` is for people and may change. */
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            code: string;
            request_id: string;
            /** @enum {boolean} */
            success: false;
            error: {
                code: string;
                message: string;
            };
            errors?: {
                field: string;
                message: string;
            }[];
            end_reason?: string;
            /** Format: date-time */
            ended_at?: string;
        } & {
            [key: string]: unknown;
        };
        /** @description RFC 6749 error with the members of a problem beside it. `error` and `code` are stable; the texts may change. */
        OAuthError: {
            type: string;
            title: string;
            status: number;
            detail: string;
            code: string;
            request_id: string;
            /** @enum {boolean} */
            success: false;
            /** @enum {string} */
            error: "invalid_request" | "invalid_client" | "unauthorized_client" | "temporarily_unavailable" | "server_error";
            errors?: {
                field: string;
                message: string;
            }[];
            end_reason?: string;
            /** Format: date-time */
            ended_at?: string;
            error_description: string;
        } & {
            [key: string]: unknown;
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
    getPrincipal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is this, and is the session still good? */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Principal"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPrincipal_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is this, and is the session still good? */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Principal"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOutOfSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sign out on this device */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "message": "Signed out",
                     *         "end_reason": "signout",
                     *         "ended_at": "2026-11-20T09:30:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedOut"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOutOfSession_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sign out on this device */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "message": "Signed out",
                     *         "end_reason": "signout",
                     *         "ended_at": "2026-11-20T09:30:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedOut"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOutEverywhere: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sign out on every device, this one too */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "message": "Signed out everywhere",
                     *         "sessions_deleted": 3,
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedOutEverywhere"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    countSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Count the live sessions of the account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "active_sessions": 2,
                     *         "redis_available": true
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionCount"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegisterRequest"];
            };
        };
        responses: {
            /** @description Create an account and sign in */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedIn"];
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
            /** @description CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description EMAIL_TAKEN, CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signInWithPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRequest"];
            };
        };
        responses: {
            /** @description Sign in on this device */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedIn"];
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
            /** @description INVALID_CREDENTIALS */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CHALLENGE_REQUIRED, SESSION_LIMIT_REACHED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signInWithPassword_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRequest"];
            };
        };
        responses: {
            /** @description Sign in on this device */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedIn"];
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
            /** @description INVALID_CREDENTIALS */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CHALLENGE_REQUIRED, SESSION_LIMIT_REACHED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    continueSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContinueSignInRequest"];
            };
        };
        responses: {
            /** @description Finish a sign-in by ending one of the other sessions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionReplaced"];
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
            /** @description TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SESSION_LIMIT_REACHED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redeemShare: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedeemShareRequest"];
            };
        };
        responses: {
            /** @description Open a session that somebody has shared */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedIn"];
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
            /** @description TOKEN_INVALID */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refreshTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description Exchange the refresh token for the next pair */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignedIn"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, REFRESH_REUSED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verify: {
        parameters: {
            query?: {
                pages?: "redirect";
            };
            header?: {
                /** @description Path and query of the request, to come back to. Or `X-Original-URI` */
                "X-Forwarded-Uri"?: string;
                /** @description Method of the request; must be set by the proxy where cookies are used. Or `X-Original-Method` */
                "X-Forwarded-Method"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description May this request pass? For reverse proxies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *         "session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Verified"];
                    };
                };
            };
            /** @description With `pages=redirect`: to where somebody signs in */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stepUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StepUpRequest"];
            };
        };
        responses: {
            /** @description Prove the password again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionReplaced"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED, INVALID_CREDENTIALS */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChangeRequest"];
            };
        };
        responses: {
            /** @description Choose another password */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "user": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "email": "ann@example.com",
                     *           "username": null,
                     *           "full_name": "Ann Example",
                     *           "role": "user"
                     *         },
                     *         "session": {
                     *           "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "profile": "standard",
                     *           "scope": "full",
                     *           "created_at": "2026-11-20T09:00:00.000Z",
                     *           "authenticated_at": "2026-11-20T09:00:00.000Z",
                     *           "idle_expires_at": "2026-11-20T21:00:00.000Z",
                     *           "expires_at": "2026-11-27T09:00:00.000Z"
                     *         },
                     *         "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
                     *         "token_type": "Bearer",
                     *         "expires_in": 600,
                     *         "refresh_token": "nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionReplaced"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED, INVALID_CREDENTIALS */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show the own account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *         "email": "ann@example.com",
                     *         "username": null,
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "avatar_url": "https://id.example.com/api/v1/avatars/mJ9kq0m6v5U6mC1yq1bq2c3Qw4rT7yU8iO9pA0sD1fG.webp",
                     *         "created_at": "2026-11-20T09:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Profile"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileRequest"];
            };
        };
        responses: {
            /** @description Change the own account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *         "email": "ann@example.com",
                     *         "username": null,
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "avatar_url": "https://id.example.com/api/v1/avatars/mJ9kq0m6v5U6mC1yq1bq2c3Qw4rT7yU8iO9pA0sD1fG.webp",
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProfileChanged"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description EMAIL_TAKEN, CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAvatar: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get the own picture */
            200: {
                headers: {
                    /** @description For `If-None-Match` */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/webp": string;
                };
            };
            /** @description The image is the one that `If-None-Match` names */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setAvatar: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** Format: binary */
                    avatar: string;
                };
            };
        };
        responses: {
            /** @description Choose a picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *         "email": "ann@example.com",
                     *         "username": null,
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "avatar_url": "https://id.example.com/api/v1/avatars/mJ9kq0m6v5U6mC1yq1bq2c3Qw4rT7yU8iO9pA0sD1fG.webp",
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProfileChanged"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeAvatar: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Remove the picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *         "email": "ann@example.com",
                     *         "username": null,
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "avatar_url": null,
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProfileChanged"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As in `avatar_url` */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a picture by its address */
            200: {
                headers: {
                    /** @description For `If-None-Match` */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/webp": string;
                };
            };
            /** @description The image is the one that `If-None-Match` names */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHistory: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the sessions of the account that are over */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "sessions": [
                     *           {
                     *             "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "email": "ann@example.com",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "last_access": "2026-11-20T09:12:30.000Z",
                     *             "expires_at": "2026-11-27T09:00:00.000Z",
                     *             "ip_address": "192.0.2.17",
                     *             "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *             "device": {
                     *               "browser": "Firefox",
                     *               "os": "Linux",
                     *               "kind": "desktop"
                     *             },
                     *             "request_count": 42,
                     *             "ips_used": [
                     *               "192.0.2.17"
                     *             ],
                     *             "duration_seconds": 750,
                     *             "is_active": false,
                     *             "is_current": false,
                     *             "parent_id": null,
                     *             "label": null,
                     *             "end_reason": "signout",
                     *             "ended_at": "2026-11-20T09:30:00.000Z"
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionHistory"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List what happened to the account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "events": [
                     *           {
                     *             "id": "4711",
                     *             "type": "signin.new_device",
                     *             "at": "2026-11-20T09:00:00.000Z",
                     *             "session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "details": {
                     *               "ip_address": "192.0.2.17",
                     *               "device": {
                     *                 "browser": "Firefox",
                     *                 "os": "Linux",
                     *                 "kind": "desktop"
                     *               }
                     *             }
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SecurityEventList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyse: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Count how the account is used */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "active_sessions": 2,
                     *         "total_sessions": 31,
                     *         "last_login_at": "2026-11-20T09:00:00.000Z",
                     *         "sign_ins_per_day": [
                     *           {
                     *             "date": "2026-11-20",
                     *             "count": 3
                     *           }
                     *         ],
                     *         "by_device": [
                     *           {
                     *             "name": "Firefox on Linux",
                     *             "count": 20
                     *           }
                     *         ],
                     *         "by_network": [
                     *           {
                     *             "name": "192.0.2.0/24",
                     *             "count": 31
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["OwnAnalytics"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listShares: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the shares of the account, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "shares": [
                     *           {
                     *             "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *             "label": "Support, Bob",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "expires_at": "2026-11-20T09:30:00.000Z",
                     *             "redeemed_at": null,
                     *             "revoked_at": null,
                     *             "session_id": null
                     *           }
                     *         ],
                     *         "count": 1
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ShareList"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, STEP_UP_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    share: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareRequest"];
            };
        };
        responses: {
            /** @description Let somebody look at this session for a while */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "label": "Support, Bob",
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "expires_at": "2026-11-20T09:30:00.000Z",
                     *         "redeemed_at": null,
                     *         "revoked_at": null,
                     *         "session_id": null,
                     *         "token": "mF_9B5f41JqM",
                     *         "link": "https://id.example.com/account/shared#mF_9B5f41JqM"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["NewShare"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endShare: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the share, as listed */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End a share and the session it has opened */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["EndedShare"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getChallenge: {
        parameters: {
            query: {
                action: "signin";
                /** @description As the refusal names it */
                account: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Challenge */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "parameters": {
                     *         "algorithm": "SHA-256",
                     *         "cost": 64,
                     *         "data": {
                     *           "account": "pY5mXwz1fC0a3l3nJr7A2g",
                     *           "action": "signin"
                     *         },
                     *         "expiresAt": 1795170120,
                     *         "keyLength": 32,
                     *         "keyPrefix": "000",
                     *         "nonce": "0f6f1c2bb6c34dfe8e6b7a5c6d1e2f30",
                     *         "salt": "9a1b2c3d4e5f60718293a4b5c6d7e8f9"
                     *       },
                     *       "signature": "5d0c1a2f7d8e9b3a4c6f5e7d8c9b0a1f2e3d4c5b6a79880716253443526170ff"
                     *     }
                     */
                    "application/json": {
                        parameters: Record<string, never>;
                        signature: string;
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the live sessions of the account, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "sessions": [
                     *           {
                     *             "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "email": "ann@example.com",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "last_access": "2026-11-20T09:12:30.000Z",
                     *             "expires_at": "2026-11-27T09:00:00.000Z",
                     *             "ip_address": "192.0.2.17",
                     *             "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *             "device": {
                     *               "browser": "Firefox",
                     *               "os": "Linux",
                     *               "kind": "desktop"
                     *             },
                     *             "request_count": 42,
                     *             "ips_used": [
                     *               "192.0.2.17"
                     *             ],
                     *             "duration_seconds": 750,
                     *             "is_active": true,
                     *             "is_current": true,
                     *             "parent_id": null,
                     *             "label": null
                     *           }
                     *         ],
                     *         "count": 1
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionList"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endOtherSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End all sessions of the account but the one of this request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "terminated": 2,
                     *         "kept": 1,
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["OtherSessionsEnded"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSessions_active: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the live sessions of the account, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "sessions": [
                     *           {
                     *             "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "email": "ann@example.com",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "last_access": "2026-11-20T09:12:30.000Z",
                     *             "expires_at": "2026-11-27T09:00:00.000Z",
                     *             "ip_address": "192.0.2.17",
                     *             "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *             "device": {
                     *               "browser": "Firefox",
                     *               "os": "Linux",
                     *               "kind": "desktop"
                     *             },
                     *             "request_count": 42,
                     *             "ips_used": [
                     *               "192.0.2.17"
                     *             ],
                     *             "duration_seconds": 750,
                     *             "is_active": true,
                     *             "is_current": true,
                     *             "parent_id": null,
                     *             "label": null
                     *           }
                     *         ],
                     *         "count": 1
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionList"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCurrentSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show the session of this request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *         "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *         "email": "ann@example.com",
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "last_access": "2026-11-20T09:12:30.000Z",
                     *         "expires_at": "2026-11-27T09:00:00.000Z",
                     *         "ip_address": "192.0.2.17",
                     *         "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *         "device": {
                     *           "browser": "Firefox",
                     *           "os": "Linux",
                     *           "kind": "desktop"
                     *         },
                     *         "request_count": 42,
                     *         "ips_used": [
                     *           "192.0.2.17"
                     *         ],
                     *         "duration_seconds": 750,
                     *         "is_active": true,
                     *         "is_current": true,
                     *         "parent_id": null,
                     *         "label": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Session"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the session, as listed */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End one session of the account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *         "end_reason": "terminated",
                     *         "ended_at": "2026-11-20T09:30:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["EndedSession"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    introspect: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["TokenForm"];
            };
        };
        responses: {
            /** @description Is this token good, and whose is it? (RFC 7662) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "active": true,
                     *       "token_type": "Bearer",
                     *       "sub": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *       "sid": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *       "username": "ann@example.com",
                     *       "client_id": "rollcall",
                     *       "iss": "https://id.example.com",
                     *       "exp": 1795167600,
                     *       "auth_time": 1795163400,
                     *       "aud": "rollcall",
                     *       "jti": "cT0bqSmTYbgwUKPYjmDTHw",
                     *       "iat": 1795167000,
                     *       "amr": [
                     *         "pwd"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Introspection"];
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description INVALID_CLIENT */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    revoke: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["TokenForm"];
            };
        };
        responses: {
            /** @description Revoke a token (RFC 7009) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "propagation": "complete"
                     *     }
                     */
                    "application/json": components["schemas"]["TokenRevoked"];
                };
            };
            /** @description UNAUTHORIZED_CLIENT, VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description INVALID_CLIENT */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    list: {
        parameters: {
            query?: {
                /** @description `next` of the reply before. Without it: all that still matters. */
                after?: string;
                limit?: number;
                /** @description Seconds to wait for something if there is nothing. */
                wait?: number;
            };
            header?: {
                /** @description Cursor of the last event that arrived; before `after`. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Follow what tokens are dead before their time */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "revocations": [
                     *         {
                     *           "kind": "session",
                     *           "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *           "session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *           "jti": null,
                     *           "kid": null,
                     *           "issued_before": null,
                     *           "reason": "signout",
                     *           "at": "2026-11-20T09:30:00.000Z",
                     *           "expires_at": "2026-11-20T09:46:00.000Z",
                     *           "cursor": "6ae1c9d2b40f7731.2t.5f3-0"
                     *         }
                     *       ],
                     *       "next": "6ae1c9d2b40f7731.2t.5f3-0",
                     *       "has_more": false
                     *     }
                     */
                    "application/json": components["schemas"]["RevocationList"];
                    /**
                     * @example retry: 2000
                     *     id: 6ae1c9d2b40f7731.2s.5f1-0
                     *
                     *     id: 6ae1c9d2b40f7731.2t.5f3-0
                     *     data: {"kind":"session","user_id":"019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10","session_id":"9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857","jti":null,"kid":null,"issued_before":null,"reason":"signout","at":"2026-11-20T09:30:00.000Z","expires_at":"2026-11-20T09:46:00.000Z","cursor":"6ae1c9d2b40f7731.2t.5f3-0"}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description VALIDATION_FAILED */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description INVALID_CLIENT */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description CURSOR_GONE */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description INTERNAL */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthError"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "error" | "shutting_down";
                        checks?: {
                            [key: string]: Record<string, never>;
                        };
                    };
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready, possibly degraded */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "checks": {
                     *         "postgres": {
                     *           "status": "up",
                     *           "latency_ms": 0.71,
                     *           "pool": {
                     *             "total": 4,
                     *             "idle": 4,
                     *             "waiting": 0
                     *           }
                     *         },
                     *         "redis": {
                     *           "status": "up",
                     *           "enabled": true,
                     *           "latency_ms": 0.38,
                     *           "connection": "ready"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "error" | "shutting_down";
                        checks?: {
                            [key: string]: Record<string, never>;
                        };
                    };
                };
            };
            /** @description Not ready */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "shutting_down",
                     *       "checks": {}
                     *     }
                     */
                    "application/json": {
                        /** @enum {string} */
                        status: "ok" | "degraded" | "error" | "shutting_down";
                        checks?: {
                            [key: string]: Record<string, never>;
                        };
                    };
                };
            };
        };
    };
    show: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show how the installation works */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "readers": [
                     *           {
                     *             "name": "mail",
                     *             "oldest_unread_at": null,
                     *             "lag_seconds": 0
                     *           }
                     *         ],
                     *         "instances": [
                     *           {
                     *             "id": "5b0c7e1a-3f2d-4b5c-9a61-0d1f6a7b8c9d",
                     *             "name": "api-1:3000",
                     *             "started_at": "2026-11-20T09:00:00.000Z",
                     *             "is_this_one": true,
                     *             "is_fenced": false,
                     *             "silent_ms": 120,
                     *             "transactions_behind": 3
                     *           }
                     *         ],
                     *         "jobs": [
                     *           {
                     *             "name": "cleanup",
                     *             "last_run_at": "2026-11-20T09:30:00.000Z",
                     *             "has_succeeded": true
                     *           }
                     *         ],
                     *         "feed": {
                     *           "age_ms": 131,
                     *           "mode": "normal"
                     *         },
                     *         "redis": {
                     *           "configured": true,
                     *           "available": true,
                     *           "breaker": "closed"
                     *         },
                     *         "postgres": {
                     *           "pool": {
                     *             "total": 4,
                     *             "idle": 4,
                     *             "waiting": 0
                     *           },
                     *           "breaker": "closed"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["System"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show the settings of the instance that answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "settings": {
                     *           "logLevel": "info",
                     *           "secretKey": "[set]",
                     *           "sessions": {
                     *             "limit": 5,
                     *             "limitPolicy": "evict_oldest"
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Settings"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyse_analytics: {
        parameters: {
            query?: {
                /** @description The first bucket is the one that holds it; a day before `to` unless told. */
                from?: string;
                /** @description The last bucket is the one that ends with it or holds it; now unless told. */
                to?: string;
                /** @description Length of the buckets; days are UTC. */
                bucket?: "5m" | "1h" | "1d";
                /** @description Comma-separated; all unless told. sessions_started, sessions_ended, session_length, sign_ins, sign_in_failures, users_signed_in, users_created, browsers, operating_systems, device_kinds, limit_hits, active_sessions, session_checks, profile_reads, cache_hit_rate. */
                metrics?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show what was counted, over time */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "from": "2026-11-20T08:00:00.000Z",
                     *         "to": "2026-11-20T11:00:00.000Z",
                     *         "bucket": "1h",
                     *         "buckets": [
                     *           "2026-11-20T08:00:00.000Z",
                     *           "2026-11-20T09:00:00.000Z",
                     *           "2026-11-20T10:00:00.000Z"
                     *         ],
                     *         "series": [
                     *           {
                     *             "metric": "sign_ins",
                     *             "label": null,
                     *             "total": 31,
                     *             "values": [
                     *               12,
                     *               0,
                     *               19
                     *             ]
                     *           },
                     *           {
                     *             "metric": "sessions_ended",
                     *             "label": "signout",
                     *             "total": 9,
                     *             "values": [
                     *               4,
                     *               0,
                     *               5
                     *             ]
                     *           },
                     *           {
                     *             "metric": "sessions_ended",
                     *             "label": "limit",
                     *             "total": 1,
                     *             "values": [
                     *               0,
                     *               0,
                     *               1
                     *             ]
                     *           },
                     *           {
                     *             "metric": "session_length",
                     *             "label": "p50",
                     *             "total": 1800,
                     *             "values": [
                     *               1650,
                     *               null,
                     *               1950
                     *             ]
                     *           },
                     *           {
                     *             "metric": "active_sessions",
                     *             "label": null,
                     *             "total": 64,
                     *             "values": [
                     *               52,
                     *               52,
                     *               64
                     *             ]
                     *           },
                     *           {
                     *             "metric": "cache_hit_rate",
                     *             "label": "session",
                     *             "total": 0.9871,
                     *             "values": [
                     *               0.9862,
                     *               null,
                     *               0.9877
                     *             ]
                     *           }
                     *         ],
                     *         "lag_seconds": 0
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Analytics"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showStats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show how many are signed in, and what happened lately */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "at": "2026-11-20T10:42:07.120Z",
                     *         "active": {
                     *           "sessions": 64,
                     *           "users": 51,
                     *           "counted_at": "2026-11-20T10:42:06.031Z"
                     *         },
                     *         "last_hour": {
                     *           "sign_ins": 31,
                     *           "sign_in_failures": 4,
                     *           "users_created": 2,
                     *           "sessions_started": 33,
                     *           "sessions_ended": 10,
                     *           "sessions_ended_by_reason": {
                     *             "signout": 9,
                     *             "limit": 1
                     *           },
                     *           "limit_hits": 2,
                     *           "limit_hits_by_policy": {
                     *             "auth": 2
                     *           },
                     *           "cache_hit_rate": {
                     *             "session": 0.9871,
                     *             "profile": 0.93
                     *           }
                     *         },
                     *         "last_24_hours": {
                     *           "sign_ins": 402,
                     *           "sign_in_failures": 4,
                     *           "users_created": 2,
                     *           "sessions_started": 431,
                     *           "sessions_ended": 10,
                     *           "sessions_ended_by_reason": {
                     *             "signout": 9,
                     *             "limit": 1
                     *           },
                     *           "limit_hits": 2,
                     *           "limit_hits_by_policy": {
                     *             "auth": 2
                     *           },
                     *           "cache_hit_rate": {
                     *             "session": 0.9871,
                     *             "profile": 0.93
                     *           }
                     *         },
                     *         "lag_seconds": 0,
                     *         "revocations": {
                     *           "feed_age_ms": 120,
                     *           "lag_ms": 180,
                     *           "instances": 3,
                     *           "mode": "normal"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Stats"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchUsers: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
                q?: string;
                role?: "user" | "admin";
                state?: "active" | "disabled" | "locked";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Search users, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "users": [
                     *           {
                     *             "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *             "email": "ann@example.com",
                     *             "username": "ann",
                     *             "full_name": "Ann Example",
                     *             "role": "user",
                     *             "state": "active",
                     *             "disabled_at": null,
                     *             "locked_until": null,
                     *             "password_change_required_at": null,
                     *             "created_at": "2026-11-01T09:00:00.000Z",
                     *             "last_login_at": "2026-11-20T09:00:00.000Z"
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AccountList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUserRequest"];
            };
        };
        responses: {
            /** @description Create a user */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "email": "ann@example.com",
                     *         "username": "ann",
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "state": "active",
                     *         "disabled_at": null,
                     *         "locked_until": null,
                     *         "password_change_required_at": null,
                     *         "created_at": "2026-11-01T09:00:00.000Z",
                     *         "last_login_at": null,
                     *         "generated_password": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["NewAccount"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description EMAIL_TAKEN, CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show a user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "email": "ann@example.com",
                     *         "username": "ann",
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "state": "active",
                     *         "disabled_at": null,
                     *         "locked_until": null,
                     *         "password_change_required_at": null,
                     *         "created_at": "2026-11-01T09:00:00.000Z",
                     *         "last_login_at": "2026-11-20T09:00:00.000Z",
                     *         "live_sessions": 2
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AccountDetail"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disableUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description End all sessions of a user and let nobody sign in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "sessions_ended": 2,
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AccountSignedOut"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enableUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description Let a disabled user sign in again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "email": "ann@example.com",
                     *         "username": "ann",
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "state": "active",
                     *         "disabled_at": null,
                     *         "locked_until": null,
                     *         "password_change_required_at": null,
                     *         "created_at": "2026-11-01T09:00:00.000Z",
                     *         "last_login_at": "2026-11-20T09:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Account"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleRequest"];
            };
        };
        responses: {
            /** @description Make a user an administrator, or one no longer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "email": "ann@example.com",
                     *         "username": "ann",
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "state": "active",
                     *         "disabled_at": null,
                     *         "locked_until": null,
                     *         "password_change_required_at": null,
                     *         "created_at": "2026-11-01T09:00:00.000Z",
                     *         "last_login_at": "2026-11-20T09:00:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AccountRoleChanged"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    requirePasswordChange: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description End all sessions of a user and ask for another password */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "sessions_ended": 2,
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AccountSignedOut"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unlockUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description End all waits after failed sign-ins of a user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "email": "ann@example.com",
                     *         "username": "ann",
                     *         "full_name": "Ann Example",
                     *         "role": "user",
                     *         "state": "active",
                     *         "disabled_at": null,
                     *         "locked_until": null,
                     *         "password_change_required_at": null,
                     *         "created_at": "2026-11-01T09:00:00.000Z",
                     *         "last_login_at": "2026-11-20T09:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Account"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSessionsOfUser: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the live sessions of a user, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "sessions": [
                     *           {
                     *             "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "email": "ann@example.com",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "last_access": "2026-11-20T09:12:30.000Z",
                     *             "expires_at": "2026-11-27T09:00:00.000Z",
                     *             "ip_address": "192.0.2.17",
                     *             "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *             "device": {
                     *               "browser": "Firefox",
                     *               "os": "Linux",
                     *               "kind": "desktop"
                     *             },
                     *             "request_count": 42,
                     *             "ips_used": [
                     *               "192.0.2.17"
                     *             ],
                     *             "duration_seconds": 750,
                     *             "is_active": true,
                     *             "is_current": false,
                     *             "parent_id": null,
                     *             "label": null,
                     *             "state": "live",
                     *             "profile": "standard",
                     *             "scope": "full",
                     *             "idle_expires_at": "2026-11-20T21:05:00.000Z",
                     *             "end_reason": null,
                     *             "ended_at": null
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AdminSessionList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOutUser: {
        parameters: {
            query?: {
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End all sessions of a user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "sessions_ended": 2,
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AccountSignedOut"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHistoryOfUser: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the sessions of a user that are over, newest sign-in first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "sessions": [
                     *           {
                     *             "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "email": "ann@example.com",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "last_access": "2026-11-20T09:12:30.000Z",
                     *             "expires_at": "2026-11-27T09:00:00.000Z",
                     *             "ip_address": "192.0.2.17",
                     *             "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *             "device": {
                     *               "browser": "Firefox",
                     *               "os": "Linux",
                     *               "kind": "desktop"
                     *             },
                     *             "request_count": 42,
                     *             "ips_used": [
                     *               "192.0.2.17"
                     *             ],
                     *             "duration_seconds": 750,
                     *             "is_active": false,
                     *             "is_current": false,
                     *             "parent_id": null,
                     *             "label": null,
                     *             "state": "ended",
                     *             "profile": "standard",
                     *             "scope": "full",
                     *             "idle_expires_at": "2026-11-20T21:05:00.000Z",
                     *             "end_reason": "signout",
                     *             "ended_at": "2026-11-20T09:30:00.000Z"
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AdminSessionList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEventsOfUser: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
            };
            header?: never;
            path: {
                /** @description Id of the user */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List what happened to a user, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "events": [
                     *           {
                     *             "id": "4711",
                     *             "type": "signin.new_device",
                     *             "at": "2026-11-20T09:00:00.000Z",
                     *             "session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "details": {
                     *               "ip_address": "192.0.2.17",
                     *               "device": {
                     *                 "browser": "Firefox",
                     *                 "os": "Linux",
                     *                 "kind": "desktop"
                     *               }
                     *             }
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SecurityEventList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkEndRequest"];
            };
        };
        responses: {
            /** @description End all live sessions that meet a filter */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "count": 42,
                     *         "sample": [
                     *           {
                     *             "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "email": "ann@example.com",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "last_access": "2026-11-20T09:12:30.000Z",
                     *             "expires_at": "2026-11-27T09:00:00.000Z",
                     *             "ip_address": "192.0.2.17",
                     *             "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *             "device": {
                     *               "browser": "Firefox",
                     *               "os": "Linux",
                     *               "kind": "desktop"
                     *             },
                     *             "request_count": 42,
                     *             "ips_used": [
                     *               "192.0.2.17"
                     *             ],
                     *             "duration_seconds": 750,
                     *             "is_active": true,
                     *             "is_current": false,
                     *             "parent_id": null,
                     *             "label": null,
                     *             "state": "live",
                     *             "profile": "standard",
                     *             "scope": "full",
                     *             "idle_expires_at": "2026-11-20T21:05:00.000Z",
                     *             "end_reason": null,
                     *             "ended_at": null
                     *           }
                     *         ],
                     *         "order": {
                     *           "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d12",
                     *           "state": "running",
                     *           "matched": 42,
                     *           "ended": 0,
                     *           "failed": 0,
                     *           "propagation": "pending",
                     *           "created_at": "2026-11-20T09:30:00.000Z",
                     *           "finished_at": null,
                     *           "created_by": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *           "reason": "ticket 4711"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["BulkEndAnswer"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the order */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show how far an order to end sessions is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d12",
                     *         "state": "running",
                     *         "matched": 42,
                     *         "ended": 0,
                     *         "failed": 0,
                     *         "propagation": "pending",
                     *         "created_at": "2026-11-20T09:30:00.000Z",
                     *         "finished_at": null,
                     *         "created_by": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "reason": "ticket 4711"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["BulkEnd"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchSessions: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
                user_id?: string;
                email?: string;
                network?: string;
                browser?: string;
                os?: string;
                device_kind?: "desktop" | "mobile" | "tablet" | "tv" | "bot" | "other";
                profile?: "standard" | "strict" | "admin" | "remember";
                created_after?: string;
                created_before?: string;
                seen_after?: string;
                seen_before?: string;
                state?: "live" | "ended" | "expired";
                reason?: "signout" | "terminated" | "signout_all" | "limit" | "replaced" | "password_change" | "admin" | "user_disabled" | "refresh_reuse" | "expired_idle" | "expired_absolute";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Search sessions of everybody, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "sessions": [
                     *           {
                     *             "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "email": "ann@example.com",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "last_access": "2026-11-20T09:12:30.000Z",
                     *             "expires_at": "2026-11-27T09:00:00.000Z",
                     *             "ip_address": "192.0.2.17",
                     *             "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *             "device": {
                     *               "browser": "Firefox",
                     *               "os": "Linux",
                     *               "kind": "desktop"
                     *             },
                     *             "request_count": 42,
                     *             "ips_used": [
                     *               "192.0.2.17"
                     *             ],
                     *             "duration_seconds": 750,
                     *             "is_active": true,
                     *             "is_current": false,
                     *             "parent_id": null,
                     *             "label": null,
                     *             "state": "live",
                     *             "profile": "standard",
                     *             "scope": "full",
                     *             "idle_expires_at": "2026-11-20T21:05:00.000Z",
                     *             "end_reason": null,
                     *             "ended_at": null
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AdminSessionList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show a session of anybody */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *         "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *         "email": "ann@example.com",
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "last_access": "2026-11-20T09:12:30.000Z",
                     *         "expires_at": "2026-11-27T09:00:00.000Z",
                     *         "ip_address": "192.0.2.17",
                     *         "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                     *         "device": {
                     *           "browser": "Firefox",
                     *           "os": "Linux",
                     *           "kind": "desktop"
                     *         },
                     *         "request_count": 42,
                     *         "ips_used": [
                     *           "192.0.2.17"
                     *         ],
                     *         "duration_seconds": 750,
                     *         "is_active": true,
                     *         "is_current": false,
                     *         "parent_id": null,
                     *         "label": null,
                     *         "state": "live",
                     *         "profile": "standard",
                     *         "scope": "full",
                     *         "idle_expires_at": "2026-11-20T21:05:00.000Z",
                     *         "end_reason": null,
                     *         "ended_at": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AdminSession"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endAnySession: {
        parameters: {
            query?: {
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Id of the session */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End a session of anybody */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *         "end_reason": "admin",
                     *         "ended_at": "2026-11-20T09:30:00.000Z",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["EndedSession"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAllShares: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
                user_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the shares that are good for something, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "shares": [
                     *           {
                     *             "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *             "label": "Support, Bob",
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "expires_at": "2026-11-20T09:30:00.000Z",
                     *             "redeemed_at": null,
                     *             "revoked_at": null,
                     *             "session_id": null,
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *             "parent_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857"
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AdminShareList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endAnyShare: {
        parameters: {
            query?: {
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Id of the share */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description End a share of anybody and the session it has opened */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *         "propagation": "complete"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["EndedShare"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
                /** @description Who did it. */
                actor_id?: string;
                /** @description Whom it concerns. */
                user_id?: string;
                session_id?: string;
                type?: string;
                /** @description Included. */
                from?: string;
                /** @description Not included. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show who did what to whom, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "records": [
                     *           {
                     *             "seq": 4711,
                     *             "event_id": 4790,
                     *             "type": "user.disabled",
                     *             "at": "2026-11-20T09:30:00.000Z",
                     *             "actor_kind": "user",
                     *             "actor_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11",
                     *             "user_id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10",
                     *             "session_id": null,
                     *             "token_id": null,
                     *             "reason": "ticket 4711",
                     *             "ip_address": null,
                     *             "details": {},
                     *             "previous_hash": "5f9c3e0d7b2a81466d0f1c9e8a7b5d4c3f2e1d0c9b8a796857463524130f1e2d",
                     *             "hash": "c0ffee7d5b3a190817263544536271809f8e7d6c5b4a39281706f5e4d3c2b1a0"
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AuditRecordList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportAudit: {
        parameters: {
            query?: {
                /** @description Who did it. */
                actor_id?: string;
                /** @description Whom it concerns. */
                user_id?: string;
                session_id?: string;
                type?: string;
                /** @description Included. */
                from?: string;
                /** @description Not included. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Export who did what to whom, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"seq":4711,"event_id":4790,"type":"user.disabled","at":"2026-11-20T09:30:00.000Z","actor_kind":"user","actor_id":"019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11","user_id":"019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10","session_id":null,"token_id":null,"reason":"ticket 4711","ip_address":null,"details":{},"previous_hash":"5f9c3e0d7b2a81466d0f1c9e8a7b5d4c3f2e1d0c9b8a796857463524130f1e2d","hash":"c0ffee7d5b3a190817263544536271809f8e7d6c5b4a39281706f5e4d3c2b1a0"} */
                    "application/x-ndjson": string;
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showVerification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show how far the audit reaches and what its last verification said */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "length": 4711,
                     *         "head": "c0ffee7d5b3a190817263544536271809f8e7d6c5b4a39281706f5e4d3c2b1a0",
                     *         "purged": 0,
                     *         "last_verification": {
                     *           "at": "2026-11-20T03:00:00.000Z",
                     *           "whole": true,
                     *           "checked": 4600,
                     *           "length": 4600,
                     *           "head": "5f9c3e0d7b2a81466d0f1c9e8a7b5d4c3f2e1d0c9b8a796857463524130f1e2d",
                     *           "finding": null
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AuditVerification"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watch: {
        parameters: {
            query?: {
                /** @description Only these, comma-separated. */
                types?: string;
                /** @description Only what concerns this user. */
                user_id?: string;
                /** @description Cursor behind which to go on. */
                after?: string;
            };
            header?: {
                /** @description Cursor of the last event that arrived; before `after`. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Watch what happens, live */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example retry: 2000
                     *     id: 6ae1c9d2b40f7731.2s.5f1-0
                     *
                     *     id: 6ae1c9d2b40f7731.2t.5f3-0
                     *     data: {"id":"101","type":"session.ended","at":"2026-11-20T09:30:00.000Z","user_id":"019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10","session_id":"9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857","token_id":null,"gen":null,"details":{"reason":"signout"}}
                     */
                    "text/event-stream": string;
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description OVERLOADED, STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the keys that sign tokens, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "keys": [
                     *           {
                     *             "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
                     *             "alg": "ES256",
                     *             "state": "signing",
                     *             "published_at": "2026-08-20T09:00:00.000Z",
                     *             "signs_from": "2026-11-18T09:00:00.000Z",
                     *             "retired_at": null,
                     *             "withdrawn_at": null
                     *           }
                     *         ],
                     *         "count": 1
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SigningKeyList"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description Let the successor sign from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "keys": [
                     *           {
                     *             "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
                     *             "alg": "ES256",
                     *             "state": "signing",
                     *             "published_at": "2026-08-20T09:00:00.000Z",
                     *             "signs_from": "2026-11-18T09:00:00.000Z",
                     *             "retired_at": null,
                     *             "withdrawn_at": null
                     *           }
                     *         ],
                     *         "count": 1
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SigningKeyList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdrawKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the key, as listed */
                kid: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description Refuse every token of a key that somebody else may have */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "keys": [
                     *           {
                     *             "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
                     *             "alg": "ES256",
                     *             "state": "signing",
                     *             "published_at": "2026-08-20T09:00:00.000Z",
                     *             "signs_from": "2026-11-18T09:00:00.000Z",
                     *             "retired_at": null,
                     *             "withdrawn_at": null
                     *           }
                     *         ],
                     *         "count": 1
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SigningKeyList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLimits: {
        parameters: {
            query?: {
                policy?: "global" | "auth" | "challenge" | "user" | "account";
                subject?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show the limits, and how somebody stands to one */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "enabled": true,
                     *         "policies": [
                     *           {
                     *             "name": "auth",
                     *             "counts": "address",
                     *             "setting": "RATE_LIMIT_AUTH",
                     *             "limit": 10,
                     *             "rate": null,
                     *             "seconds": 60
                     *           },
                     *           {
                     *             "name": "user",
                     *             "counts": "user",
                     *             "setting": "RATE_LIMIT_USER",
                     *             "limit": 60,
                     *             "rate": 20,
                     *             "seconds": 1
                     *           }
                     *         ],
                     *         "standing": [
                     *           {
                     *             "counted": "203.0.113.7",
                     *             "limit": 10,
                     *             "used": 10,
                     *             "remaining": 0,
                     *             "reset_seconds": 41
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["RateLimits"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resetLimit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RateLimitResetRequest"];
            };
        };
        responses: {
            /** @description Forget what is counted about somebody */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "policy": "auth",
                     *         "reaches": "all_instances"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["RateLimitReset"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the webhooks, in the order of their making */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "webhooks": [
                     *           {
                     *             "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22",
                     *             "url": "https://example.com/hooks",
                     *             "label": "billing",
                     *             "events": [
                     *               "session.ended",
                     *               "user.*"
                     *             ],
                     *             "state": "enabled",
                     *             "disabled_at": null,
                     *             "disabled_reason": null,
                     *             "failing_since": null,
                     *             "failures": 0,
                     *             "resumes_at": null,
                     *             "old_secret_until": null,
                     *             "created_at": "2026-11-20T09:00:00.000Z",
                     *             "updated_at": "2026-11-20T09:00:00.000Z"
                     *           }
                     *         ],
                     *         "count": 1
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookList"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhookRequest"];
            };
        };
        responses: {
            /** @description Tell a service of events */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22",
                     *         "url": "https://example.com/hooks",
                     *         "label": "billing",
                     *         "events": [
                     *           "session.ended",
                     *           "user.*"
                     *         ],
                     *         "state": "enabled",
                     *         "disabled_at": null,
                     *         "disabled_reason": null,
                     *         "failing_since": null,
                     *         "failures": 0,
                     *         "resumes_at": null,
                     *         "old_secret_until": null,
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "updated_at": "2026-11-20T09:00:00.000Z",
                     *         "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookSecret"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show a webhook, and how it stands */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22",
                     *         "url": "https://example.com/hooks",
                     *         "label": "billing",
                     *         "events": [
                     *           "session.ended",
                     *           "user.*"
                     *         ],
                     *         "state": "enabled",
                     *         "disabled_at": null,
                     *         "disabled_reason": null,
                     *         "failing_since": null,
                     *         "failures": 0,
                     *         "resumes_at": null,
                     *         "old_secret_until": null,
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "updated_at": "2026-11-20T09:00:00.000Z",
                     *         "unfinished": 2,
                     *         "dead": 0
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDetail"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookRequest"];
            };
        };
        responses: {
            /** @description Change what a webhook is told, and where */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22",
                     *         "url": "https://example.com/hooks",
                     *         "label": "billing",
                     *         "events": [
                     *           "session.ended",
                     *           "user.*"
                     *         ],
                     *         "state": "enabled",
                     *         "disabled_at": null,
                     *         "disabled_reason": null,
                     *         "failing_since": null,
                     *         "failures": 0,
                     *         "resumes_at": null,
                     *         "old_secret_until": null,
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "updated_at": "2026-11-20T09:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Webhook"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: {
                reason?: string;
            };
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Remove a webhook with everything that waits for it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDeleted"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disableWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description Send nothing more to a webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22",
                     *         "url": "https://example.com/hooks",
                     *         "label": "billing",
                     *         "events": [
                     *           "session.ended",
                     *           "user.*"
                     *         ],
                     *         "state": "disabled",
                     *         "disabled_at": null,
                     *         "disabled_reason": "administrator",
                     *         "failing_since": null,
                     *         "failures": 0,
                     *         "resumes_at": null,
                     *         "old_secret_until": null,
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "updated_at": "2026-11-20T09:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Webhook"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enableWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description Go on sending to a webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22",
                     *         "url": "https://example.com/hooks",
                     *         "label": "billing",
                     *         "events": [
                     *           "session.ended",
                     *           "user.*"
                     *         ],
                     *         "state": "enabled",
                     *         "disabled_at": null,
                     *         "disabled_reason": null,
                     *         "failing_since": null,
                     *         "failures": 0,
                     *         "resumes_at": null,
                     *         "old_secret_until": null,
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "updated_at": "2026-11-20T09:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["Webhook"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookSecretRotationRequest"];
            };
        };
        responses: {
            /** @description Give a webhook another secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d22",
                     *         "url": "https://example.com/hooks",
                     *         "label": "billing",
                     *         "events": [
                     *           "session.ended",
                     *           "user.*"
                     *         ],
                     *         "state": "enabled",
                     *         "disabled_at": null,
                     *         "disabled_reason": null,
                     *         "failing_since": null,
                     *         "failures": 0,
                     *         "resumes_at": null,
                     *         "old_secret_until": "2026-11-21T09:00:00.000Z",
                     *         "created_at": "2026-11-20T09:00:00.000Z",
                     *         "updated_at": "2026-11-20T09:00:00.000Z",
                     *         "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookSecret"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                page_size?: number;
                page_token?: string;
                state?: "waiting" | "pending" | "delivered" | "dead";
                type?: string;
            };
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List the deliveries of a webhook, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "deliveries": [
                     *           {
                     *             "id": "4711",
                     *             "message_id": "evt_101_mi7p2k0w",
                     *             "type": "session.ended",
                     *             "session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *             "state": "pending",
                     *             "queued_at": "2026-11-20T09:30:00.412Z",
                     *             "next_try_at": "2026-11-20T09:30:05.731Z",
                     *             "attempts": 1,
                     *             "last_try": {
                     *               "at": "2026-11-20T09:30:00.431Z",
                     *               "status": 503,
                     *               "error": "http_503",
                     *               "duration_ms": 118,
                     *               "response": "down for maintenance"
                     *             },
                     *             "finished_at": null
                     *           }
                     *         ],
                     *         "count": 1,
                     *         "next_page_token": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDeliveryList"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
                /** @description Id of the delivery */
                delivery: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Show what became of a delivery */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "4711",
                     *         "message_id": "evt_101_mi7p2k0w",
                     *         "type": "session.ended",
                     *         "session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *         "state": "pending",
                     *         "queued_at": "2026-11-20T09:30:00.412Z",
                     *         "next_try_at": "2026-11-20T09:30:05.731Z",
                     *         "attempts": 1,
                     *         "last_try": {
                     *           "at": "2026-11-20T09:30:00.431Z",
                     *           "status": 503,
                     *           "error": "http_503",
                     *           "duration_ms": 118,
                     *           "response": "down for maintenance"
                     *         },
                     *         "finished_at": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDelivery"];
                    };
                };
            };
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
                /** @description Id of the delivery */
                delivery: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description Send a delivery once more */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "4711",
                     *         "message_id": "evt_101_mi7p2k0w",
                     *         "type": "session.ended",
                     *         "session_id": "9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857",
                     *         "state": "pending",
                     *         "queued_at": "2026-11-20T09:30:00.412Z",
                     *         "next_try_at": "2026-11-20T09:30:05.731Z",
                     *         "attempts": 1,
                     *         "last_try": {
                     *           "at": "2026-11-20T09:30:00.431Z",
                     *           "status": 503,
                     *           "error": "http_503",
                     *           "duration_ms": 118,
                     *           "response": "down for maintenance"
                     *         },
                     *         "finished_at": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDelivery"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDeliveries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookReplayRequest"];
            };
        };
        responses: {
            /** @description Send many deliveries once more */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "queued": 42,
                     *         "continue_from": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookReplay"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pingWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the webhook */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description Send a webhook a message that means nothing */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "data": {
                     *         "id": "4711",
                     *         "message_id": "evt_101_mi7p2k0w",
                     *         "type": "webhook.ping",
                     *         "session_id": null,
                     *         "state": "pending",
                     *         "queued_at": "2026-11-20T09:30:00.412Z",
                     *         "next_try_at": "2026-11-20T09:30:05.731Z",
                     *         "attempts": 0,
                     *         "last_try": null,
                     *         "finished_at": null
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDelivery"];
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
            /** @description UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SESSION_ENDED, SESSION_EXPIRED */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PASSWORD_CHANGE_REQUIRED, FORBIDDEN, STEP_UP_REQUIRED, CSRF_REJECTED */
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
            /** @description CONFLICT */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE */
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
            /** @description RATE_LIMITED */
            429: {
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
            /** @description STORE_UNAVAILABLE */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getKeySet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Key set */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "kty": "EC",
                     *           "crv": "P-256",
                     *           "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                     *           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                     *           "kid": "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
                     *           "use": "sig",
                     *           "alg": "ES256"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": {
                        keys: {
                            kty: string;
                            crv: string;
                            x: string;
                            y: string;
                            kid: string;
                            use: string;
                            alg: string;
                        }[];
                    };
                };
            };
        };
    };
    getMetadata: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metadata */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "issuer": "https://id.example.com",
                     *       "jwks_uri": "https://id.example.com/.well-known/jwks.json",
                     *       "introspection_endpoint": "https://id.example.com/api/v1/oauth/introspect",
                     *       "introspection_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post"
                     *       ],
                     *       "revocation_endpoint": "https://id.example.com/api/v1/oauth/revoke",
                     *       "revocation_endpoint_auth_methods_supported": [
                     *         "client_secret_basic",
                     *         "client_secret_post"
                     *       ],
                     *       "response_types_supported": [],
                     *       "grant_types_supported": [],
                     *       "service_documentation": "https://id.example.com/docs"
                     *     }
                     */
                    "application/json": {
                        issuer: string;
                        jwks_uri: string;
                        introspection_endpoint: string;
                        introspection_endpoint_auth_methods_supported: string[];
                        revocation_endpoint: string;
                        revocation_endpoint_auth_methods_supported: string[];
                        response_types_supported: string[];
                        grant_types_supported: string[];
                        service_documentation: string;
                    };
                };
            };
        };
    };
}
