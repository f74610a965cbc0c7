/** SHA-256 of the style sheet, as a policy writes it. `npm run schemas` writes this file. */
export const STYLES_SHA256 = 'zgfLdpwCPWoUxS8qEXH/J41O8JtuV9ETQISJ/r3gKUs='
