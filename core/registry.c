/* The tables as arrays. Nothing else in the core knows what there is.
 */
#include <keyfit/check.h>

#define FORMAT(file, title) extern const struct kf_format kf_format_##file;
#include "formats/formats.def"
#undef FORMAT
#define STORE(file, title) extern const struct kf_store_kind kf_store_##file;
#include "stores/stores.def"
#undef STORE
#define RULES(folder, files) extern const struct kf_verifier kf_rules_##folder;
#include "rules/rules.def"
#undef RULES

#define FORMAT(file, title) &kf_format_##file,
static const struct kf_format *const formats[] = {
#include "formats/formats.def"
};
#define STORE(file, title) &kf_store_##file,
static const struct kf_store_kind *const kinds[] = {
#include "stores/stores.def"
};
#define RULES(folder, files) &kf_rules_##folder,
static const struct kf_verifier *const verifiers[] = {
#include "rules/rules.def"
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

const struct kf_format *kf_format_at(size_t index)
{
	return index < LEN(formats) ? formats[index] : NULL;
}

const struct kf_format *kf_format_of(struct kf_bytes head,
				     const struct kf_source *source)
{
	for (size_t i = 0; i < LEN(formats); i++)
		if (formats[i]->recognise(head, source))
			return formats[i];
	return NULL;
}

const struct kf_store_kind *kf_store_kind_at(size_t index)
{
	return index < LEN(kinds) ? kinds[index] : NULL;
}

const struct kf_store_kind *kf_store_kind_of(struct kf_bytes file)
{
	for (size_t i = 0; i < LEN(kinds); i++)
		if (kinds[i]->recognise(file))
			return kinds[i];
	return NULL;
}

bool kf_verifier_takes(const struct kf_verifier *verifier,
		       const struct kf_format *format)
{
	for (const char *const *name = verifier->formats; *name; name++)
		if (format && kf_same(*name, format->name))
			return true;
	return false;
}

const struct kf_rules *kf_rules_at(size_t index)
{
	for (size_t i = 0; i < LEN(verifiers); i++)
		for (const struct kf_rules *r = verifiers[i]->profiles;
		     r->name; r++)
			if (index-- == 0)
				return r;
	return NULL;
}

const struct kf_rules *kf_rules_find(const char *name)
{
	const struct kf_rules *rules;

	for (size_t i = 0; (rules = kf_rules_at(i)); i++)
		if (kf_equal(kf_text(rules->name), kf_text(name)))
			return rules;
	return NULL;
}
