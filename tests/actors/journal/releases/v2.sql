PRAGMA application_id = 1400136552;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE files (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        size INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
INSERT INTO "files" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','01m81tmcw8cvr7e4tjnf4kxr592k8esg55',7,'{"id":"01m81tmcw8cvr7e4tjnf4kxr592k8esg55","session":"01m81tmcvygnht6y3npdg1xf2fn021kw97","name":"猫 ''cat''.jpg","media":{"media_type":"image/jpeg","width":40,"height":30,"duration":null},"size":7,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","created_at":"2026-03-01T12:00:00.123456Z","job":null}');
INSERT INTO "files" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','01m81tmcwnb5jqvep5gas1t13dr2fd5af7',7,'{"id":"01m81tmcwnb5jqvep5gas1t13dr2fd5af7","session":"01m81tmcvygnht6y3npdg1xf2fn021kw97","name":"cat.jpg","media":{"media_type":"image/jpeg","width":40,"height":30,"duration":null},"size":7,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","created_at":"2026-03-01T12:00:00.123456Z","job":"01m81tmcwfbm4y0g6dg8fvt58qn97hnbrc"}');
CREATE TABLE jobs (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        capability TEXT NOT NULL,
        state TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
INSERT INTO "jobs" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','01m81tmcw9yd37xtb797rxdym3a792kynv','stitch','queued','{"id":"01m81tmcw9yd37xtb797rxdym3a792kynv","session":"01m81tmcvygnht6y3npdg1xf2fn021kw97","capability":"stitch","request":"{}","inputs":["01m81tmcwagx7e7aps7w4zajqn2hmjm1az","01m81tmcwbrq6gd8nt9qxh3gsnasfq8gfk"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"queued","attempt":1,"started_at":null,"ended_at":null,"result":null,"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','01m81tmcwcbd6dt75tqb5g6erjs2prewt1','stitch','running','{"id":"01m81tmcwcbd6dt75tqb5g6erjs2prewt1","session":"01m81tmcvygnht6y3npdg1xf2fn021kw97","capability":"stitch","request":"{}","inputs":["01m81tmcwdaead0575n1p61c2av9sw683v","01m81tmcwe0e6sq12j72t6ve4q7wmhe6y3"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"running","attempt":1,"started_at":"2026-03-01T12:00:00.123456Z","ended_at":null,"result":null,"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','01m81tmcwfbm4y0g6dg8fvt58qn97hnbrc','stitch','succeeded','{"id":"01m81tmcwfbm4y0g6dg8fvt58qn97hnbrc","session":"01m81tmcvygnht6y3npdg1xf2fn021kw97","capability":"stitch","request":"{}","inputs":["01m81tmcwg8aa5rxanwedrt99xww3hkmc3","01m81tmcwh8yjr1qw39bkxjprrnysby9cs"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"succeeded","attempt":1,"started_at":"2026-03-01T12:00:00.123456Z","ended_at":"2026-03-01T12:00:09.123456Z","result":{"files":[{"id":"01m81tmcwnb5jqvep5gas1t13dr2fd5af7","session":"01m81tmcvygnht6y3npdg1xf2fn021kw97","name":"cat.jpg","media":{"media_type":"image/jpeg","width":40,"height":30,"duration":null},"size":7,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","created_at":"2026-03-01T12:00:00.123456Z","job":"01m81tmcwfbm4y0g6dg8fvt58qn97hnbrc"}],"data":{"width":40}},"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','01m81tmcwj1d216704asbgtbmrshp9nmaf','stitch','failed','{"id":"01m81tmcwj1d216704asbgtbmrshp9nmaf","session":"01m81tmcvygnht6y3npdg1xf2fn021kw97","capability":"stitch","request":"{}","inputs":["01m81tmcwks85e4tj19qg12m61qyrkgp6t","01m81tmcwm2qywfy06mp9tn1thh3413dhd"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"failed","attempt":1,"started_at":"2026-03-01T12:00:00.123456Z","ended_at":"2026-03-01T12:00:09.123456Z","result":null,"error":{"code":"x","title":"t","status":422,"detail":"d","field":null,"limit":null,"retry_after":null,"more":{}},"receipt":null}');
CREATE TABLE keys (
        session TEXT NOT NULL,
        key TEXT NOT NULL,
        job TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (session, key),
        FOREIGN KEY (session, job) REFERENCES jobs ON DELETE CASCADE
    );
INSERT INTO "keys" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','k0','01m81tmcw9yd37xtb797rxdym3a792kynv','d');
INSERT INTO "keys" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','k1','01m81tmcwcbd6dt75tqb5g6erjs2prewt1','d');
INSERT INTO "keys" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','k2','01m81tmcwfbm4y0g6dg8fvt58qn97hnbrc','d');
INSERT INTO "keys" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','k3','01m81tmcwj1d216704asbgtbmrshp9nmaf','d');
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('life',1);
CREATE TABLE sessions (id TEXT PRIMARY KEY, document TEXT NOT NULL, owner TEXT);
INSERT INTO "sessions" VALUES('01m81tmcvygnht6y3npdg1xf2fn021kw97','{"id":"01m81tmcvygnht6y3npdg1xf2fn021kw97","created_at":"2026-03-01T12:00:00.123456Z","owner":"key:ci"}','key:ci');
INSERT INTO "sessions" VALUES('01m81tmcvzhj90svmfczz050qgcpdtwjek','{"id":"01m81tmcvzhj90svmfczz050qgcpdtwjek","created_at":"2026-03-01T12:00:00.123456Z","owner":null}',NULL);
CREATE TABLE uploads (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
INSERT INTO "uploads" VALUES('01m81tmcvzhj90svmfczz050qgcpdtwjek','01m81tmcwpm3t1mhn5wb2sqstgrx8aghkj','{"id":"01m81tmcwpm3t1mhn5wb2sqstgrx8aghkj","session":"01m81tmcvzhj90svmfczz050qgcpdtwjek","name":"cat.jpg","size":7,"created_at":"2026-03-01T12:00:00.123456Z","file":null}');
CREATE INDEX unfinished_jobs ON jobs (id) WHERE state IN ('queued', 'running');
CREATE INDEX keys_of_job ON keys (session, job);
CREATE UNIQUE INDEX owners ON sessions (owner) WHERE owner IS NOT NULL;
CREATE INDEX jobs_by_age ON jobs (id);
COMMIT;
