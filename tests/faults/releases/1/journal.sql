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
INSERT INTO "files" VALUES('01m81vhs2qfen4s3medzxbxc8x','01m81vhs4nbjfagx3btpgbpjdb',75,'{"id":"01m81vhs4nbjfagx3btpgbpjdb","session":"01m81vhs2qfen4s3medzxbxc8x","name":"picture.png","media":{"media_type":"image/png","width":8,"height":6,"duration":null},"size":75,"sha256":"b33685e3149fff757e2bda226500fe616aad8ffa2342aa53ea9ef6653637c593","created_at":"2026-11-22T14:46:18.653990Z","job":null}');
INSERT INTO "files" VALUES('01m81vhs2qfen4s3medzxbxc8x','01m81vhs8yyeg6yktx0mydadpt',76,'{"id":"01m81vhs8yyeg6yktx0mydadpt","session":"01m81vhs2qfen4s3medzxbxc8x","name":"picture.png","media":{"media_type":"image/png","width":9,"height":9,"duration":null},"size":76,"sha256":"912aac1100da4931a00f05bae8db1ee292f64a3eccbebfbbbc48dd5659af1a27","created_at":"2026-11-22T14:46:18.671630Z","job":null}');
INSERT INTO "files" VALUES('01m81vhs2qfen4s3medzxbxc8x','01m81vhsbvah9ez4fgke4y30d7',669,'{"id":"01m81vhsbvah9ez4fgke4y30d7","session":"01m81vhs2qfen4s3medzxbxc8x","name":"stitched.jpg","media":{"media_type":"image/jpeg","width":8,"height":14,"duration":null},"size":669,"sha256":"fb2f92467e970884d0467502299de684e34985fa9aaf510ebab60a6e6160283a","created_at":"2026-11-22T14:46:18.865863Z","job":"01m81vhsbey5885arsd170rzky"}');
CREATE TABLE jobs (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        capability TEXT NOT NULL,
        state TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    );
INSERT INTO "jobs" VALUES('01m81vhs2qfen4s3medzxbxc8x','01m81vhsbey5885arsd170rzky','stitch','succeeded','{"id":"01m81vhsbey5885arsd170rzky","session":"01m81vhs2qfen4s3medzxbxc8x","capability":"stitch","request":"{\"inputs\":[{\"file\":\"01m81vhs4nbjfagx3btpgbpjdb\"},{\"file\":\"01m81vhs8yyeg6yktx0mydadpt\"}]}","inputs":["01m81vhs4nbjfagx3btpgbpjdb","01m81vhs8yyeg6yktx0mydadpt"],"created_at":"2026-11-22T14:46:18.734957Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"succeeded","attempt":1,"started_at":"2026-11-22T14:46:18.747512Z","ended_at":"2026-11-22T14:46:18.880430Z","result":{"files":[{"id":"01m81vhsbvah9ez4fgke4y30d7","session":"01m81vhs2qfen4s3medzxbxc8x","name":"stitched.jpg","media":{"media_type":"image/jpeg","width":8,"height":14,"duration":null},"size":669,"sha256":"fb2f92467e970884d0467502299de684e34985fa9aaf510ebab60a6e6160283a","created_at":"2026-11-22T14:46:18.865863Z","job":"01m81vhsbey5885arsd170rzky"}],"data":{"pictures":2,"width":8,"height":14,"format":"jpeg"}},"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81vhs2qfen4s3medzxbxc8x','01m81vhshtr4am8dazcmaqjb9d','fetch','cancelled','{"id":"01m81vhshtr4am8dazcmaqjb9d","session":"01m81vhs2qfen4s3medzxbxc8x","capability":"fetch","request":"{\"urls\":[\"http://127.0.0.1:37927/never.png\"]}","inputs":[],"created_at":"2026-11-22T14:46:18.938488Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"cancelled","attempt":1,"started_at":"2026-11-22T14:46:18.952211Z","ended_at":"2026-11-22T14:46:19.036299Z","result":null,"error":null,"receipt":{"processes_ended":0,"seconds":0.010000585985835642,"files_removed":1}}');
INSERT INTO "jobs" VALUES('01m81vhs2qfen4s3medzxbxc8x','01m81vhsp5mcx5nk8rw5vz0a4z','stitch','running','{"id":"01m81vhsp5mcx5nk8rw5vz0a4z","session":"01m81vhs2qfen4s3medzxbxc8x","capability":"stitch","request":"{\"inputs\":[{\"file\":\"01m81vhs4nbjfagx3btpgbpjdb\"},{\"file\":\"01m81vhs8yyeg6yktx0mydadpt\"}]}","inputs":["01m81vhs4nbjfagx3btpgbpjdb","01m81vhs8yyeg6yktx0mydadpt"],"created_at":"2026-11-22T14:46:19.077433Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"running","attempt":1,"started_at":"2026-11-22T14:46:19.096767Z","ended_at":null,"result":null,"error":null,"receipt":null}');
INSERT INTO "jobs" VALUES('01m81vhs2qfen4s3medzxbxc8x','01m81vhsrw97q7e2nrk6tw7fpw','stitch','queued','{"id":"01m81vhsrw97q7e2nrk6tw7fpw","session":"01m81vhs2qfen4s3medzxbxc8x","capability":"stitch","request":"{\"inputs\":[{\"file\":\"01m81vhs4nbjfagx3btpgbpjdb\"},{\"file\":\"01m81vhs8yyeg6yktx0mydadpt\"}]}","inputs":["01m81vhs4nbjfagx3btpgbpjdb","01m81vhs8yyeg6yktx0mydadpt"],"created_at":"2026-11-22T14:46:19.164546Z","options":{"priority":"normal","queue_timeout":null,"deadline":null},"state":"queued","attempt":1,"started_at":null,"ended_at":null,"result":null,"error":null,"receipt":null}');
CREATE TABLE keys (
        session TEXT NOT NULL,
        key TEXT NOT NULL,
        job TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (session, key),
        FOREIGN KEY (session, job) REFERENCES jobs ON DELETE CASCADE
    );
INSERT INTO "keys" VALUES('01m81vhs2qfen4s3medzxbxc8x','done','01m81vhsbey5885arsd170rzky','6680969f83463ff3ede11aae5ac2d24219076108a673eebc8dd00705f7e9db6f');
INSERT INTO "keys" VALUES('01m81vhs2qfen4s3medzxbxc8x','gone','01m81vhshtr4am8dazcmaqjb9d','e404514364718d1f8a9fad812a70a4c7211aa3d095b468ce5cc1b3a7891dd0eb');
INSERT INTO "keys" VALUES('01m81vhs2qfen4s3medzxbxc8x','running','01m81vhsp5mcx5nk8rw5vz0a4z','6680969f83463ff3ede11aae5ac2d24219076108a673eebc8dd00705f7e9db6f');
INSERT INTO "keys" VALUES('01m81vhs2qfen4s3medzxbxc8x','queued','01m81vhsrw97q7e2nrk6tw7fpw','6680969f83463ff3ede11aae5ac2d24219076108a673eebc8dd00705f7e9db6f');
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('life',1);
CREATE TABLE sessions (id TEXT PRIMARY KEY, document TEXT NOT NULL);
INSERT INTO "sessions" VALUES('01m81vhs2qfen4s3medzxbxc8x','{"id":"01m81vhs2qfen4s3medzxbxc8x","created_at":"2026-11-22T14:46:18.455059Z"}');
CREATE INDEX unfinished_jobs ON jobs (id) WHERE state IN ('queued', 'running');
CREATE INDEX keys_of_job ON keys (session, job);
COMMIT;
