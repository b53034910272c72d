/* Shows what a fleet holds: devices, classes, releases; and writes all of it
 * out again, in the forms that import takes.
 */
#include "csv.h"
#include "fleet_ask.h"
#include "say.h"

#include "host/json_write.h"
#include "host/replace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FLUSH_LEN = 1 << 20,
	SHORT_LEN = 6,		/* bytes of a digest that people see */
	DIGEST_LEN = 32,
};

/* listing is devices while they are written. */
struct listing {
	struct kf_fleet *fleet;
	struct kf_output out;
	bool json, csv, exact;
	const struct kf_fleet_class *class;
	size_t num_classes;
	uint64_t num;
};

static enum kf_status flush(struct kf_output *out, size_t least,
			    struct kf_fault *why)
{
	return out->len < least && !out->failed
		? KF_OK : kf_output_flush(out, STDOUT_FILENO, why);
}

static int by_id(const void *a, const void *b)
{
	const struct kf_fleet_class *one = a, *other = b;

	return one->id < other->id ? -1 : one->id > other->id;
}

/* digest_of finds the digest of a class. */
static struct kf_bytes digest_of(const struct listing *l, int64_t id)
{
	struct kf_fleet_class wanted = { .id = id };
	const struct kf_fleet_class *found =
		l->num_classes ? bsearch(&wanted, l->class, l->num_classes,
					 sizeof(wanted), by_id) : NULL;

	return found ? kf_view(found->digest, DIGEST_LEN) : kf_view(NULL, 0);
}

/* groups_of writes groups with a space between. */
static void groups_of(struct kf_output *out, struct kf_bytes groups)
{
	for (size_t n = 1; n + 1 < groups.len; n++)
		kf_output_add(out, groups.data[n] == ','
			      ? " " : (const char *)groups.data + n, 1);
}

static void device_json(struct listing *l, const struct kf_fleet_device *d)
{
	struct kf_json json = { .out = &l->out };
	size_t start = 1;
	char time[24];

	kf_time_write(time, d->reported_s);
	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "device", d->name);
	kf_json_hex(&json, "class", digest_of(l, d->class_id));
	kf_json_open(&json, "groups", '[');
	for (size_t n = 1; n < d->groups.len; n++) {
		if (d->groups.data[n] != ',')
			continue;
		kf_json_foreign(&json, NULL, kf_view(d->groups.data + start,
						     n - start));
		start = n + 1;
	}
	kf_json_close(&json);
	kf_json_foreign(&json, "release", d->release);
	kf_json_text(&json, "reported", time);
	kf_output_text(&l->out, ",\"labels\":");
	kf_output_add(&l->out, (const char *)d->labels.data, d->labels.len);
	kf_json_close(&json);
	kf_output_text(&l->out, "\n");
}

/* device_csv writes a device for a spreadsheet or, where it is to be imported
 * again, as it is. */
static void device_csv(struct listing *l, const struct kf_fleet_device *d)
{
	void (*put)(struct kf_output *, struct kf_bytes, const char *) =
		l->exact ? kf_csv_field : kf_csv_cell;
	struct kf_output groups = { 0 };
	char time[24];

	if (l->num == 0)
		kf_output_text(&l->out, "device,class,groups,release,reported\n");
	kf_time_write(time, d->reported_s);
	groups_of(&groups, d->groups);
	put(&l->out, d->name, ",");
	kf_output_hex(&l->out, digest_of(l, d->class_id));
	kf_output_text(&l->out, ",");
	put(&l->out, kf_view(groups.data, groups.len), ",");
	put(&l->out, d->release, ",");
	kf_output_print(&l->out, "%s\n", time);
	l->out.failed = l->out.failed || groups.failed;
	kf_output_close(&groups);
}

static void device_text(struct listing *l, const struct kf_fleet_device *d)
{
	struct kf_bytes digest = digest_of(l, d->class_id);
	char time[24];

	kf_time_write(time, d->reported_s);
	kf_output_shown(&l->out, d->name);
	kf_output_text(&l->out, "  class ");
	kf_output_hex(&l->out, kf_part_of(digest, 0, SHORT_LEN));
	kf_output_print(&l->out, "  reported %s", time);
	if (d->release.len) {
		kf_output_text(&l->out, "  has ");
		kf_output_shown(&l->out, d->release);
	}
	if (d->groups.len) {
		kf_output_text(&l->out, "  in ");
		groups_of(&l->out, d->groups);
	}
	kf_output_text(&l->out, "\n");
}

static enum kf_status one_device(void *self, const struct kf_fleet_device *d,
				 struct kf_fault *why)
{
	struct listing *l = self;

	if (l->json)
		device_json(l, d);
	else if (l->csv)
		device_csv(l, d);
	else
		device_text(l, d);
	l->num++;
	return flush(&l->out, FLUSH_LEN, why);
}

/* with_classes reads the classes, to find their digests. */
static enum kf_status with_classes(struct listing *l,
				   struct kf_fleet_class **class,
				   struct kf_fault *why)
{
	enum kf_status status = kf_fleet_classes(l->fleet, class,
						 &l->num_classes, NULL, why);

	if (l->num_classes)
		qsort(*class, l->num_classes, sizeof(**class), by_id);
	l->class = *class;
	return status;
}

static int finish(struct listing *l, enum kf_status status,
		  struct kf_fault *why)
{
	if (status == KF_OK)
		status = flush(&l->out, 0, why);
	kf_output_close(&l->out);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, why);
}

int kf_fleet_list(struct kf_fleet *fleet, const struct kf_arguments *a)
{
	struct kf_fleet_choice choice = kf_ask_choice(a);
	struct listing l = { .fleet = fleet,
			     .json = kf_argument(a, "json") != NULL,
			     .csv = kf_argument(a, "csv") != NULL };
	struct kf_fleet_class *class = NULL;
	struct kf_fault why = { "", "" };
	enum kf_status status = kf_fleet_look(fleet, &why);
	int exit_status;

	if (status == KF_OK)
		status = with_classes(&l, &class, &why);
	if (status == KF_OK)
		status = kf_fleet_devices(fleet, &choice, one_device, &l,
					  &why);
	exit_status = finish(&l, status, &why);
	free(class);
	return exit_status;
}

/* write_store writes what a device trusts, for --device. */
static int write_store(const struct kf_device *device, const char *name,
		       const char *path)
{
	struct kf_output text = { 0 };
	struct kf_fault why = { "", "" };
	struct kf_bytes bytes;
	struct kf_source source;
	enum kf_status status = kf_stored_write(&text, device, name, NULL,
						NULL, &why);

	kf_output_text(&text, "\n");
	bytes = kf_view(text.data, text.len);
	source = kf_bytes_source(&bytes);
	if (status == KF_OK)
		status = kf_replace(path, &source, NULL,
				    &device->memory->work.env, &why);
	kf_output_close(&text);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

/* show_parts tells what a device of a class is judged by. */
static void show_parts(struct kf_output *out, const struct kf_device *device)
{
	static const char *const states[] = { "not known", "none", "" };

	for (size_t v = 0; v < device->num_verifiers; v++) {
		const struct kf_device_verifier *d = &device->verifier[v];

		kf_output_print(out, "  %-10s %s%s\n", d->stage,
				d->rules->name, d->store.complete ? ""
				: ", known in part");
		for (size_t n = 0; n < d->store.num_parts; n++) {
			const struct kf_part *p = &d->store.part[n];

			kf_output_print(out, "    %-16s ", p->name);
			if (p->presence == KF_PRESENT)
				kf_output_print(out, "%zu bytes\n",
						p->bytes.len);
			else if (p->least.len)
				kf_output_print(out, "known in part: %zu bytes\n",
						p->least.len);
			else
				kf_output_print(out, "%s\n",
						states[p->presence]);
		}
		for (size_t n = 0; n < d->store.num_settings; n++) {
			kf_output_print(out, "    %-16s ",
					d->store.setting[n].name);
			kf_output_shown(out, kf_text(d->store.setting[n]
						     .value));
			kf_output_text(out, "\n");
		}
	}
}

/* found is the one device that is asked for. */
struct found {
	struct listing listing;
	int64_t class_id;
	bool any;
};

static enum kf_status take_one(void *self, const struct kf_fleet_device *d,
			       struct kf_fault *why)
{
	struct found *f = self;
	enum kf_status status = with_classes(&f->listing,
		(struct kf_fleet_class **)(uintptr_t)&f->listing.class, why);

	f->any = true;
	f->class_id = d->class_id;
	return status == KF_OK ? one_device(&f->listing, d, why) : status;
}

int kf_fleet_show(struct kf_fleet *fleet, const struct kf_arguments *a)
{
	const char *name = a->num_operands == 2 ? a->operand[1] : NULL;
	const char *store = kf_argument(a, "store");
	struct kf_fleet_choice choice = { .name = name };
	struct found f = { .listing = { .fleet = fleet,
			   .json = kf_argument(a, "json") != NULL } };
	struct kf_device device = { 0 };
	struct kf_fault why = { "", "" };
	enum kf_status status;
	int exit_status = KF_EXIT_FITS;

	if (!name) {
		kf_say(NULL, "which device?",
		       "usage: keyfit fleet show DEVICE --fleet FLEET");
		return KF_EXIT_USAGE;
	}
	status = kf_fleet_look(fleet, &why);
	if (status == KF_OK)
		status = kf_fleet_devices(fleet, &choice, take_one, &f, &why);
	if (status == KF_OK && !f.any) {
		kf_fault_say(&why, "keyfit fleet list names them",
			     "the fleet has no device \"%.100s\"", name);
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		status = kf_fleet_class_open(fleet, &device, f.class_id, name,
					     NULL, kf_now_s(), &why);
	if (status == KF_OK && !f.listing.json)
		show_parts(&f.listing.out, &device);
	if (status == KF_OK && store)
		exit_status = write_store(&device, name, store);
	kf_device_close(&device);
	free((void *)(uintptr_t)f.listing.class);
	status = finish(&f.listing, status, &why);
	return exit_status == KF_EXIT_FITS ? (int)status : exit_status;
}

/* class_line tells of one class. */
static enum kf_status class_line(struct listing *l,
				 const struct kf_fleet_class *c,
				 struct kf_fault *why)
{
	struct kf_json json = { .out = &l->out };
	struct kf_device device;
	enum kf_status status = kf_fleet_class_open(l->fleet, &device, c->id,
						    "class", NULL, kf_now_s(),
						    why);

	if (status != KF_OK)
		return status;
	if (l->json) {
		kf_json_open(&json, NULL, '{');
		kf_json_hex(&json, "class", kf_view(c->digest, DIGEST_LEN));
		kf_json_number(&json, "devices", c->devices);
		kf_json_open(&json, "rules", '[');
		for (size_t n = 0; n < device.num_verifiers; n++)
			kf_json_text(&json, NULL,
				     device.verifier[n].rules->name);
		kf_json_close(&json);
		kf_json_close(&json);
		kf_output_text(&l->out, "\n");
	} else {
		kf_output_text(&l->out, "class ");
		kf_output_hex(&l->out, kf_view(c->digest, SHORT_LEN));
		kf_output_print(&l->out, "  %" PRIu64 " %s\n", c->devices,
				c->devices == 1 ? "device" : "devices");
		show_parts(&l->out, &device);
	}
	kf_device_close(&device);
	return flush(&l->out, FLUSH_LEN, why);
}

static int most_devices(const void *a, const void *b)
{
	const struct kf_fleet_class *one = a, *other = b;

	if (one->devices != other->devices)
		return one->devices > other->devices ? -1 : 1;
	return memcmp(one->digest, other->digest, sizeof(one->digest));
}

int kf_fleet_list_classes(struct kf_fleet *fleet,
			  const struct kf_arguments *a)
{
	struct kf_fleet_choice choice = kf_ask_choice(a);
	struct listing l = { .fleet = fleet,
			     .json = kf_argument(a, "json") != NULL };
	struct kf_fleet_class *class = NULL;
	struct kf_fault why = { "", "" };
	enum kf_status status = kf_fleet_look(fleet, &why);
	size_t num = 0;
	int exit_status;

	if (status == KF_OK)
		status = kf_fleet_classes(fleet, &class, &num, &choice, &why);
	if (num)
		qsort(class, num, sizeof(*class), most_devices);
	for (size_t n = 0; n < num && status == KF_OK; n++)
		status = class_line(&l, &class[n], &why);
	exit_status = finish(&l, status, &why);
	free(class);
	return exit_status;
}

static enum kf_status one_artifact(void *self,
				   const struct kf_fleet_artifact *a,
				   struct kf_fault *why)
{
	struct listing *l = self;
	struct kf_json json = { .out = &l->out };
	struct kf_bytes digest = kf_view(a->sha256.bytes, a->sha256.len);

	if (l->json) {
		kf_json_open(&json, NULL, '{');
		kf_json_foreign(&json, "release", a->release);
		kf_json_foreign(&json, "artifact", a->path);
		kf_json_hex(&json, "sha256", digest);
		kf_json_number(&json, "size", a->size);
		kf_json_foreign(&json, "format", a->format);
		kf_json_close(&json);
	} else {
		kf_output_shown(&l->out, a->release);
		kf_output_text(&l->out, "  ");
		kf_output_shown(&l->out, a->path);
		kf_output_print(&l->out, "  %" PRIu64 " bytes  ", a->size);
		kf_output_hex(&l->out, kf_part_of(digest, 0, SHORT_LEN));
	}
	kf_output_text(&l->out, "\n");
	return flush(&l->out, FLUSH_LEN, why);
}

int kf_fleet_list_releases(struct kf_fleet *fleet,
			   const struct kf_arguments *a)
{
	struct listing l = { .fleet = fleet,
			     .json = kf_argument(a, "json") != NULL };
	struct kf_fault why = { "", "" };
	enum kf_status status = kf_fleet_look(fleet, &why);

	if (status == KF_OK)
		status = kf_fleet_releases(fleet, NULL, one_artifact, &l,
					   &why);
	return finish(&l, status, &why);
}

/* export_classes writes each class as a stored device without a name. */
static enum kf_status export_classes(struct listing *l, struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	for (size_t n = 0; n < l->num_classes && status == KF_OK; n++) {
		struct kf_device device;

		status = kf_fleet_class_open(l->fleet, &device,
					     l->class[n].id, "class", NULL,
					     kf_now_s(), why);
		if (status != KF_OK)
			return status;
		status = kf_stored_write(&l->out, &device, NULL, NULL, NULL,
					 why);
		kf_device_close(&device);
		kf_output_text(&l->out, "\n");
		if (status == KF_OK)
			status = flush(&l->out, FLUSH_LEN, why);
	}
	return status;
}

int kf_fleet_export(struct kf_fleet *fleet, const struct kf_arguments *a)
{
	struct kf_fleet_choice choice = kf_ask_choice(a);
	struct listing l = { .fleet = fleet, .exact = true,
			     .csv = kf_argument(a, "csv") != NULL };
	struct kf_fleet_class *class = NULL;
	struct kf_fault why = { "", "" };
	enum kf_status status = kf_fleet_look(fleet, &why);
	int exit_status;

	l.json = !l.csv;
	if (status == KF_OK)
		status = with_classes(&l, &class, &why);
	if (status == KF_OK && l.json)
		status = export_classes(&l, &why);
	if (status == KF_OK)
		status = kf_fleet_devices(fleet, &choice, one_device, &l,
					  &why);
	exit_status = finish(&l, status, &why);
	free(class);
	return exit_status;
}
