/* Texts and values of XML, for core/markup.c.
 */
#ifndef KEYFIT_CORE_MARKUP_TEXT_H
#define KEYFIT_CORE_MARKUP_TEXT_H

#include <keyfit/env.h>

/* kf_markup_text is what came of one: `wrong` or `beyond` say why there is
 * none. An empty value is there all the same; `data` NULL: a text of blanks
 * alone. */
struct kf_markup_text {
	struct kf_bytes bytes;
	const char *wrong, *beyond;
	enum kf_status status;
};

/* kf_markup_value: of an attribute. kf_markup_content: of an element, its lines
 * mended. */
void kf_markup_value(struct kf_markup_text *out, struct kf_bytes from,
		     struct kf_env *env);
void kf_markup_content(struct kf_markup_text *out, struct kf_bytes from,
		       struct kf_env *env);

#endif
