PRAGMA application_id = 1400136552;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE files (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        size INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
INSERT INTO "files" VALUES('01m81tmc085s647esyys68embe','01m81tmc148vcz2t5rxh0chgzy',7,'{"id":"01m81tmc148vcz2t5rxh0chgzy","session":"01m81tmc085s647esyys68embe","name":"猫 ''cat''.jpg","media":{"media_type":"image/jpeg","width":40,"height":30,"duration":null},"size":7,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","created_at":"2026-03-01T12:00:00.123456Z","job":null}');
INSERT INTO "files" VALUES('01m81tmc085s647esyys68embe','01m81tmc1mfc5gjpdkx1x0j712',7,'{"id":"01m81tmc1mfc5gjpdkx1x0j712","session":"01m81tmc085s647esyys68embe","name":"cat.jpg","media":{"media_type":"image/jpeg","width":40,"height":30,"duration":null},"size":7,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","created_at":"2026-03-01T12:00:00.123456Z","job":"01m81tmc1emh3kvhex2vbv3k80"}');
CREATE TABLE jobs (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        capability TEXT NOT NULL,
        state TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
INSERT INTO "jobs" VALUES('01m81tmc085s647esyys68embe','01m81tmc18pdrpygdp2g9fjjj5','stitch','queued','{"id":"01m81tmc18pdrpygdp2g9fjjj5","session":"01m81tmc085s647esyys68embe","capability":"stitch","request":"{}","inputs":["01m81tmc196fq54nsy792d9fkz","01m81tmc1ambgw2w4px062qjzg"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"queued","attempt":1,"started_at":null,"ended_at":null,"result":null,"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81tmc085s647esyys68embe','01m81tmc1b433mtft23pfbxav0','stitch','running','{"id":"01m81tmc1b433mtft23pfbxav0","session":"01m81tmc085s647esyys68embe","capability":"stitch","request":"{}","inputs":["01m81tmc1cp8631b9w1m7wej9s","01m81tmc1dxfxwhw4c1h5s6bye"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"running","attempt":1,"started_at":"2026-03-01T12:00:00.123456Z","ended_at":null,"result":null,"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81tmc085s647esyys68embe','01m81tmc1emh3kvhex2vbv3k80','stitch','succeeded','{"id":"01m81tmc1emh3kvhex2vbv3k80","session":"01m81tmc085s647esyys68embe","capability":"stitch","request":"{}","inputs":["01m81tmc1fty2wv1hhdgndfqxv","01m81tmc1g1js0ex0w70fb9344"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"succeeded","attempt":1,"started_at":"2026-03-01T12:00:00.123456Z","ended_at":"2026-03-01T12:00:09.123456Z","result":{"files":[{"id":"01m81tmc1mfc5gjpdkx1x0j712","session":"01m81tmc085s647esyys68embe","name":"cat.jpg","media":{"media_type":"image/jpeg","width":40,"height":30,"duration":null},"size":7,"sha256":"0000000000000000000000000000000000000000000000000000000000000000","created_at":"2026-03-01T12:00:00.123456Z","job":"01m81tmc1emh3kvhex2vbv3k80"}],"data":{"width":40}},"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81tmc085s647esyys68embe','01m81tmc1hgcpmnhmvv1zkf3t7','stitch','failed','{"id":"01m81tmc1hgcpmnhmvv1zkf3t7","session":"01m81tmc085s647esyys68embe","capability":"stitch","request":"{}","inputs":["01m81tmc1j7gmb6hg53dhdq9pg","01m81tmc1ky001a5rmda0kqgz8"],"created_at":"2026-03-01T12:00:01.123456Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"failed","attempt":1,"started_at":"2026-03-01T12:00:00.123456Z","ended_at":"2026-03-01T12:00:09.123456Z","result":null,"error":{"code":"x","title":"t","status":422,"detail":"d","field":null,"limit":null,"retry_after":null,"more":{}},"receipt":null}');
CREATE TABLE keys (
        session TEXT NOT NULL,
        key TEXT NOT NULL,
        job TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (session, key),
        FOREIGN KEY (session, job) REFERENCES jobs ON DELETE CASCADE
    );
INSERT INTO "keys" VALUES('01m81tmc085s647esyys68embe','k0','01m81tmc18pdrpygdp2g9fjjj5','d');
INSERT INTO "keys" VALUES('01m81tmc085s647esyys68embe','k1','01m81tmc1b433mtft23pfbxav0','d');
INSERT INTO "keys" VALUES('01m81tmc085s647esyys68embe','k2','01m81tmc1emh3kvhex2vbv3k80','d');
INSERT INTO "keys" VALUES('01m81tmc085s647esyys68embe','k3','01m81tmc1hgcpmnhmvv1zkf3t7','d');
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('life',1);
CREATE TABLE sessions (id TEXT PRIMARY KEY, document TEXT NOT NULL);
INSERT INTO "sessions" VALUES('01m81tmc085s647esyys68embe','{"id":"01m81tmc085s647esyys68embe","created_at":"2026-03-01T12:00:00.123456Z"}');
INSERT INTO "sessions" VALUES('01m81tmc09hyng0zffhn2nvnfd','{"id":"01m81tmc09hyng0zffhn2nvnfd","created_at":"2026-03-01T12:00:00.123456Z"}');
CREATE INDEX unfinished_jobs ON jobs (id) WHERE state IN ('queued', 'running');
CREATE INDEX keys_of_job ON keys (session, job);
COMMIT;
