/* Will this file start on a device that trusts this signature list?
 *
 *   cc fits.c $(pkg-config --cflags --libs keyfit) -o fits
 *   ./fits shimx64.efi db.esl
 *
 * Exit status: 0 it fits, 1 it does not, 2 wrong usage, 3 not known, 4 fault.
 */
#include <keyfit/host.h>

#include <stdio.h>

/* trust makes a whole device out of one list: a db, no dbx, Secure Boot on. */
static bool trust(struct kf_store *out, struct kf_bytes list)
{
	struct kf_part db = { .name = "db", .presence = KF_PRESENT,
			      .bytes = list };

	out->complete = true;
	return kf_store_put(out, &db) &&
	       kf_store_set(out, "secure-boot", "on");
}

static int answer(const struct kf_verdict *v)
{
	static const int status[] = { [KF_UNDECIDED] = 3, [KF_ACCEPT] = 0,
				      [KF_REJECT] = 1 };

	printf("%s\n", v->outcome);
	if (v->why.reason)
		printf("%s: %s\n", v->why.reason->slug, v->why.reason->advice);
	return status[v->answer];
}

/* ask reads, prepares and checks. The file, the list and the memory to work
 * in outlive everything that is made of them. */
static int ask(const struct kf_source *file, struct kf_bytes list,
	       struct kf_work *work)
{
	const struct kf_rules *rules = kf_rules_find("edk2");
	static struct kf_store store;
	static struct kf_verdict verdict;
	struct kf_artifact artifact;
	int status = 4;

	if (!trust(&store, list))
		return 4;
	kf_store_prepare(&store, rules, &work->env);
	kf_artifact_read(&artifact, NULL, file, &work->env);
	kf_artifact_prepare(&artifact, rules, &work->env);
	if (kf_check(&verdict, &artifact, &store, rules, &work->env) == KF_OK)
		status = answer(&verdict);
	kf_artifact_close(&artifact, &work->env);
	return status;
}

int main(int argc, char **argv)
{
	struct kf_fault why = { "", "" };
	struct kf_text_file list = { 0 };
	struct kf_file file = { 0 };
	struct kf_work work = { 0 };
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	int status = argc == 3 ? 4 : 2;

	if (argc == 3 && crypto &&
	    kf_work_open(&work, KF_ARENA_LEN, crypto, kf_now_s(),
			 &why) == KF_OK &&
	    kf_file_open(&file, argv[1], &why) == KF_OK &&
	    kf_text_file_read(&list, argv[2], 1 << 20, &why) == KF_OK)
		status = ask(&file.source, list.bytes, &work);
	if (status == 2)
		fprintf(stderr, "usage: fits FILE LIST\n");
	if (status == 4)
		fprintf(stderr, "fits: %s\n", why.what[0] ? why.what
			: "the work could not be done");
	kf_text_file_close(&list);
	kf_file_close(&file);
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return status;
}
