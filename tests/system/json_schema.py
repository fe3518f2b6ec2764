# SPDX-License-Identifier: Apache-2.0
"""The keywords of JSON Schema that our OpenRPC document uses, and no others: an unknown one is an error."""
import re

NOTES = {'description', 'default', 'examples', 'x-clamped-minimum', 'x-clamped-maximum'}
TYPES = {
    'object': lambda v: isinstance(v, dict),
    'array': lambda v: isinstance(v, list),
    'string': lambda v: isinstance(v, str),
    'boolean': lambda v: isinstance(v, bool),
    'integer': lambda v: isinstance(v, int) and not isinstance(v, bool),
}


class Validator:
    """Schemas of one document, for requests of one API version."""

    def __init__(self, document, version):
        self.document = document
        self.version = version

    def resolve(self, ref):
        node = self.document
        assert ref.startswith('#/'), ref
        for part in ref[2:].split('/'):
            node = node[part]
        return node

    def applies(self, schema):
        span = schema.get('x-api-versions', {})
        return span.get('since', 0) <= self.version <= span.get('until', self.version)

    def problem(self, schema, value):
        """What is wrong with the value, as text; None when nothing is."""
        for keyword, rule in schema.items():
            if keyword in NOTES or keyword == 'x-api-versions':
                continue
            check = getattr(self, 'check_' + keyword.replace('$', ''), None)
            assert check, 'unknown keyword ' + keyword
            problem = check(rule, value)
            if problem:
                return problem
        return None

    def check_ref(self, rule, value):
        return self.problem(self.resolve(rule), value)

    def check_type(self, rule, value):
        return None if TYPES[rule](value) else 'is no ' + rule

    def check_const(self, rule, value):
        return None if value is rule else 'is not ' + repr(rule)

    def check_enum(self, rule, value):
        return None if value in rule else 'is none of ' + ', '.join(rule)

    def check_minimum(self, rule, value):
        return 'is below %s' % rule if TYPES['integer'](value) and value < rule else None

    def check_maximum(self, rule, value):
        return 'is above %s' % rule if TYPES['integer'](value) and value > rule else None

    def check_pattern(self, rule, value):
        if not isinstance(value, str) or re.search(rule.replace('$', r'\Z'), value):
            return None
        return 'does not match ' + rule

    def check_required(self, rule, value):
        missing = [k for k in rule if isinstance(value, dict) and k not in value]
        return 'lacks ' + missing[0] if missing else None

    def check_properties(self, rule, value):
        for key, schema in rule.items():
            if isinstance(value, dict) and key in value:
                problem = self.problem(schema, value[key])
                if problem:
                    return key + ' ' + problem
        return None

    def check_anyOf(self, rule, value):
        problems = [self.problem(s, value) for s in rule if self.applies(s)]
        return None if None in problems else ' and '.join(problems) or 'fits no version'

    def check_allOf(self, rule, value):
        return next(filter(None, (self.problem(s, value) for s in rule)), None)

    def request_problem(self, method, params):
        for descriptor in method['params']:
            if '$ref' in descriptor:
                descriptor = self.resolve(descriptor['$ref'])
            name, schema = descriptor['name'], descriptor['schema']
            if not self.applies(schema):
                continue
            if name not in params:
                if descriptor.get('required'):
                    return name + ' is missing'
                continue
            problem = self.problem(schema, params[name])
            if problem:
                return name + ' ' + problem
        return None
