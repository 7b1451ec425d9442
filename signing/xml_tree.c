#include <stdint.h>
#include <string.h>

#include <libxml/tree.h>

#include "base/mem.h"
#include "signing/xml.h"

char *
xml_trim(const char *p, size_t n)
{
	while (n > 0 && *p != '\0' && strchr(" \t\r\n", *p) != NULL) {
		p++;
		n--;
	}
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	return xstrndup(p, n);
}

bool
xml_is(const struct _xmlNode *n, const char *name)
{
	return n != NULL && n->type == XML_ELEMENT_NODE &&
	    strcmp((const char *)n->name, name) == 0;
}

static const struct _xmlNode *
named(const struct _xmlNode *n, const char *name)
{
	while (n != NULL && !xml_is(n, name))
		n = n->next;
	return n;
}

const struct _xmlNode *
xml_child(const struct _xmlNode *n, const char *name)
{
	return n == NULL ? NULL : named(n->children, name);
}

const struct _xmlNode *
xml_next(const struct _xmlNode *n)
{
	return named(n->next, (const char *)n->name);
}

const struct _xmlNode *
xml_first(const struct _xmlNode *n)
{
	return n == NULL ? NULL : xmlFirstElementChild((xmlNodePtr)(uintptr_t)n);
}

const struct _xmlNode *
xml_behind(const struct _xmlNode *n)
{
	return xmlNextElementSibling((xmlNodePtr)(uintptr_t)n);
}

const struct _xmlNode *
xml_before(const struct _xmlNode *n)
{
	return xmlPreviousElementSibling((xmlNodePtr)(uintptr_t)n);
}

size_t
xml_count(const struct _xmlNode *n, const char *name)
{
	const struct _xmlNode	*c;
	size_t			 count = 0;

	for (c = xml_child(n, name); c != NULL; c = xml_next(c))
		count++;
	return count;
}

size_t
xml_attributes_size(const struct _xmlNode *n, size_t max)
{
	const struct _xmlAttr	*a;
	const struct _xmlNode	*part;
	size_t			 size = 0;

	for (a = n->properties; a != NULL && size < max; a = a->next) {
		size += strlen((const char *)a->name);
		for (part = a->children; part != NULL && size < max;
		    part = part->next)
			if (part->content != NULL)
				size += strlen((const char *)part->content);
	}
	return size < max ? size : max;
}

char *
xml_text(const struct _xmlNode *n)
{
	xmlChar	*s;
	char	*out;

	if (n == NULL || (s = xmlNodeGetContent(n)) == NULL)
		return NULL;
	out = xml_trim((const char *)s, strlen((const char *)s));
	xmlFree(s);
	return out;
}

char *
xml_content(const struct _xmlNode *n)
{
	xmlChar	*s;
	char	*out;

	if (n == NULL || (s = xmlNodeGetContent(n)) == NULL)
		return NULL;
	out = xstrdup((const char *)s);
	xmlFree(s);
	return out;
}

char *
xml_attribute(const struct _xmlNode *n, const char *name)
{
	const struct _xmlAttr	*a;
	xmlChar			*s;
	char			*out;

	if (n == NULL)
		return NULL;
	for (a = n->properties; a != NULL; a = a->next)
		if (strcmp((const char *)a->name, name) == 0)
			break;
	if (a == NULL || (s = xmlNodeListGetString(n->doc, a->children,
	    1)) == NULL)
		return a == NULL ? NULL : xstrdup("");
	out = xml_trim((const char *)s, strlen((const char *)s));
	xmlFree(s);
	return out;
}
