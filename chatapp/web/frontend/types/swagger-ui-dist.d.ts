declare module "swagger-ui-dist/swagger-ui-bundle.js" {
  export default function SwaggerUI(options: {
    domNode: HTMLElement;
    url: string | undefined;
    deepLinking: boolean;
    validatorUrl: string | null;
  }): unknown;
}
