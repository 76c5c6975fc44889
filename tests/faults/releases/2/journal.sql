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
INSERT INTO "files" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','01m81vj10jtbt90c8h30n4rrv8awdgrajk',75,'{"id":"01m81vj10jtbt90c8h30n4rrv8awdgrajk","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","name":"picture.png","media":{"media_type":"image/png","width":8,"height":6,"duration":null},"size":75,"sha256":"b33685e3149fff757e2bda226500fe616aad8ffa2342aa53ea9ef6653637c593","created_at":"2026-11-22T14:46:26.612005Z","job":null}');
INSERT INTO "files" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','01m81vj11mtb8gtbb44wd6zm72b3b4naq8',76,'{"id":"01m81vj11mtb8gtbb44wd6zm72b3b4naq8","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","name":"picture.png","media":{"media_type":"image/png","width":9,"height":9,"duration":null},"size":76,"sha256":"912aac1100da4931a00f05bae8db1ee292f64a3eccbebfbbbc48dd5659af1a27","created_at":"2026-11-22T14:46:26.617801Z","job":null}');
INSERT INTO "files" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','01m81vj12fyxt6pqfqsyh6f7bnwd75jwcr',669,'{"id":"01m81vj12fyxt6pqfqsyh6f7bnwd75jwcr","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","name":"stitched.jpg","media":{"media_type":"image/jpeg","width":8,"height":14,"duration":null},"size":669,"sha256":"fb2f92467e970884d0467502299de684e34985fa9aaf510ebab60a6e6160283a","created_at":"2026-11-22T14:46:26.687491Z","job":"01m81vj129hzd9ff34shqa1mv4zk0mhm5z"}');
CREATE TABLE jobs (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        capability TEXT NOT NULL,
        state TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
INSERT INTO "jobs" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','01m81vj129hzd9ff34shqa1mv4zk0mhm5z','stitch','succeeded','{"id":"01m81vj129hzd9ff34shqa1mv4zk0mhm5z","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","capability":"stitch","request":"{\"inputs\":[{\"file\":\"01m81vj10jtbt90c8h30n4rrv8awdgrajk\"},{\"file\":\"01m81vj11mtb8gtbb44wd6zm72b3b4naq8\"}]}","inputs":["01m81vj10jtbt90c8h30n4rrv8awdgrajk","01m81vj11mtb8gtbb44wd6zm72b3b4naq8"],"created_at":"2026-11-22T14:46:26.633868Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"succeeded","attempt":1,"started_at":"2026-11-22T14:46:26.637688Z","ended_at":"2026-11-22T14:46:26.688551Z","result":{"files":[{"id":"01m81vj12fyxt6pqfqsyh6f7bnwd75jwcr","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","name":"stitched.jpg","media":{"media_type":"image/jpeg","width":8,"height":14,"duration":null},"size":669,"sha256":"fb2f92467e970884d0467502299de684e34985fa9aaf510ebab60a6e6160283a","created_at":"2026-11-22T14:46:26.687491Z","job":"01m81vj129hzd9ff34shqa1mv4zk0mhm5z"}],"data":{"pictures":2,"width":8,"height":14,"format":"jpeg"}},"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','01m81vj15x73h6fb21ry587wh4p9f3qb6j','fetch','cancelled','{"id":"01m81vj15x73h6fb21ry587wh4p9f3qb6j","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","capability":"fetch","request":"{\"urls\":[\"http://127.0.0.1:37651/never.png\"]}","inputs":[],"created_at":"2026-11-22T14:46:26.749081Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"cancelled","attempt":1,"started_at":"2026-11-22T14:46:26.755456Z","ended_at":"2026-11-22T14:46:26.801073Z","result":null,"error":null,"receipt":{"processes_ended":0,"seconds":0.0032935990020632744,"files_removed":1}}');
INSERT INTO "jobs" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','01m81vj18dmn2rqgeytvmja5nwv3ycvvpj','stitch','running','{"id":"01m81vj18dmn2rqgeytvmja5nwv3ycvvpj","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","capability":"stitch","request":"{\"inputs\":[{\"file\":\"01m81vj10jtbt90c8h30n4rrv8awdgrajk\"},{\"file\":\"01m81vj11mtb8gtbb44wd6zm72b3b4naq8\"}]}","inputs":["01m81vj10jtbt90c8h30n4rrv8awdgrajk","01m81vj11mtb8gtbb44wd6zm72b3b4naq8"],"created_at":"2026-11-22T14:46:26.829065Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"running","attempt":1,"started_at":"2026-11-22T14:46:26.836559Z","ended_at":null,"result":null,"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','01m81vj19xy6f3kkw6jt6n51yqq251w7w1','stitch','queued','{"id":"01m81vj19xy6f3kkw6jt6n51yqq251w7w1","session":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","capability":"stitch","request":"{\"inputs\":[{\"file\":\"01m81vj10jtbt90c8h30n4rrv8awdgrajk\"},{\"file\":\"01m81vj11mtb8gtbb44wd6zm72b3b4naq8\"}]}","inputs":["01m81vj10jtbt90c8h30n4rrv8awdgrajk","01m81vj11mtb8gtbb44wd6zm72b3b4naq8"],"created_at":"2026-11-22T14:46:26.877300Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"queued","attempt":1,"started_at":null,"ended_at":null,"result":null,"error":null,"receipt":null}');
CREATE TABLE keys (
        session TEXT NOT NULL,
        key TEXT NOT NULL,
        job TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (session, key),
        FOREIGN KEY (session, job) REFERENCES jobs ON DELETE CASCADE
    );
INSERT INTO "keys" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','done','01m81vj129hzd9ff34shqa1mv4zk0mhm5z','0ca129c22c60bcbe3f143e103590966edbc07f4acb572b49354af35bf9de6954');
INSERT INTO "keys" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','gone','01m81vj15x73h6fb21ry587wh4p9f3qb6j','9852d022c13827d1c72ebde1e1ef824f1250bd628ca4dd2cb78d798fcd142bdc');
INSERT INTO "keys" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','running','01m81vj18dmn2rqgeytvmja5nwv3ycvvpj','0ca129c22c60bcbe3f143e103590966edbc07f4acb572b49354af35bf9de6954');
INSERT INTO "keys" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','queued','01m81vj19xy6f3kkw6jt6n51yqq251w7w1','0ca129c22c60bcbe3f143e103590966edbc07f4acb572b49354af35bf9de6954');
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('life',1);
CREATE TABLE sessions (id TEXT PRIMARY KEY, document TEXT NOT NULL, owner TEXT);
INSERT INTO "sessions" VALUES('01m81vj0zbmt6nn1j2xfdhq774y09knzf8','{"id":"01m81vj0zbmt6nn1j2xfdhq774y09knzf8","created_at":"2026-11-22T14:46:26.539338Z","owner":null}',NULL);
CREATE TABLE uploads (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
CREATE INDEX unfinished_jobs ON jobs (id) WHERE state IN ('queued', 'running');
CREATE INDEX keys_of_job ON keys (session, job);
CREATE UNIQUE INDEX owners ON sessions (owner) WHERE owner IS NOT NULL;
CREATE INDEX jobs_by_age ON jobs (id);
COMMIT;
